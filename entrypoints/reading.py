"""The part of the container that reads repositories: apart, so that ``mcp-core analyze`` starts without the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from adapters.manifests.isolated_reader import IsolatedRepositoryReader
from application.analyze_repository import AnalyzeRemoteRepository, AnalyzeRepository
from entrypoints.settings import Settings, load_settings

if TYPE_CHECKING:
    from adapters.github.github_archives import GithubArchives


def _github_archives(settings: Settings) -> GithubArchives:
    # A folder or an archive needs no HTTP client.
    from adapters.github.github_archives import GithubArchives

    token = settings.github_token.get_secret_value() if settings.github_token else ""
    return GithubArchives(token=token, deadline_seconds=settings.github_timeout_seconds)


class Reading(containers.DeclarativeContainer):
    """From a folder, an archive or GitHub to profiles; ``Container`` has all of it, and plans besides."""

    settings = providers.Dependency(instance_of=Settings)

    repository_reader = providers.ThreadSafeSingleton(IsolatedRepositoryReader)
    repository_archives = providers.ThreadSafeSingleton(_github_archives, settings)
    analyze_repository = providers.Factory(AnalyzeRepository, reader=repository_reader)
    analyze_remote_repository = providers.Factory(
        AnalyzeRemoteRepository, archives=repository_archives, analyze=analyze_repository
    )


def build_reading() -> Reading:
    """What reads repositories, over the settings of the environment.

    Raises:
        ConfigurationError: A setting is wrong.
    """
    return Reading(settings=load_settings())
