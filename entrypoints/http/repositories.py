"""`POST /repositories` and `POST /repositories/{id}/plans`."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, Router, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.di import NamedDependency, Provide
from litestar.enums import MediaType, RequestEncodingType
from litestar.params import FromPath, RawBody

from application.accounts.grants import KnownGrants
from application.analyze_repository import AnalyzeRepository, repository_name
from application.keep_plan import KeepPlan
from application.plan_repository import PlanRepository
from application.profiles_kept import ProfilesKept
from domain.errors import FieldError, InvalidData, InvalidRequest
from domain.ports.clock import Clock
from domain.repository.wishes import read_wishes
from entrypoints.http.auth.owners import check_history, maker_of, seen_by
from entrypoints.http.bodies import read_json
from entrypoints.http.plans import plan_links
from entrypoints.http.problems import BodyError
from entrypoints.profile_wire import repository_body
from entrypoints.repository_wire import repository_plan_body

_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
_FIELD = "archive"


def repositories_router(
    analyze: Callable[[], AnalyzeRepository],
    plan: Callable[[], PlanRepository],
    kept: ProfilesKept,
    clock: Callable[[], Clock],
    keep_plan: Callable[[], KeepPlan],
    grants: Callable[[], KnownGrants],
    max_upload_bytes: int,
    max_depth: int,
) -> Router:
    """The routes under `/repositories`.

    Args:
        analyze: Gives what reads an archive.
        plan: Gives what plans a profile.
        kept: Profiles uploaded so far.
        clock: Gives the time, for plans that name none.
        keep_plan: Gives what sees to it that plans are kept.
        grants: Gives whose histories are.
        max_upload_bytes: Largest upload; the form around it has a little more.
        max_depth: Deepest nesting of a request body.
    """

    @post(
        "/", status_code=201, sync_to_thread=True, summary="Upload and analyse a repository",
        operation_id="analyze_repository", request_max_body_size=max_upload_bytes + 65_536,
        dependencies={"form": Provide(_read_form)},
    )  # fmt: skip
    def upload(request: Request[Any, Any, Any], form: NamedDependency[FormMultiDict]) -> Response[bytes]:
        """Read a .zip or .tar.gz sent as the form field `archive`. Nothing of it is executed, unpacked or kept."""
        file = _archive_of(form)
        with tempfile.TemporaryDirectory(prefix="mcp-core-") as folder:
            path = Path(folder) / "archive"
            with path.open("wb") as target:
                shutil.copyfileobj(file.file, target)
            if path.stat().st_size > max_upload_bytes:
                raise BodyError(413, "body_too_large", f"the archive has more than {max_upload_bytes} bytes")
            found = _analyzed(analyze(), path, _name_of(file))
        repository_id = kept.keep(found, maker_of(request))
        return _answer(
            {"id": repository_id, **repository_body(found)}, 201, {"Location": f"/repositories/{repository_id}"}
        )

    @post(
        "/{repository_id:str}/plans", status_code=200, sync_to_thread=True, summary="Plan an uploaded repository",
        operation_id="plan_repository",
    )  # fmt: skip
    def plans(request: Request[Any, Any, Any], repository_id: FromPath[str], body: RawBody) -> Response[bytes]:
        """A plan for each of its services, from its history or else its profile; `Link` says where they are kept."""
        raw = read_json(request.headers.get("content-type"), body or b"{}", max_depth=max_depth)
        found = kept.find(repository_id, seen_by(request))
        wishes = read_wishes(raw, clock().now())
        made = plan()(found, wishes, lambda service_id: check_history(request, service_id, grants))
        keep = keep_plan()
        ids = [keep(item.plan, maker_of(request)).plan_id for item in made.services if item.plan is not None]
        return _answer(repository_plan_body(made), 200, plan_links(ids))

    return Router("/repositories", route_handlers=[upload, plans], tags=["repositories"])


async def _read_form(request: Request[Any, Any, Any]) -> FormMultiDict:
    """The form, read here and not by the framework, which takes what a caller names for its own failure."""
    if request.content_type[0] != RequestEncodingType.MULTI_PART:
        raise BodyError(415, "unsupported_media_type", f"send the archive as a {RequestEncodingType.MULTI_PART} form")
    try:
        return await request.form()
    except (LookupError, ValueError) as error:
        # A field without a file name is text, in the encoding it names: there may be none of that name, or it may
        # be of another one (a UnicodeError is a ValueError, as is an encoding's name with a null in it).
        said = "a field of the form is neither a file nor text of the encoding it names"
        raise BodyError(400, "malformed_form", said) from error


def _archive_of(form: FormMultiDict) -> UploadFile:
    sent = list(form.multi_items())
    if len(sent) != 1 or sent[0][0] != _FIELD or not isinstance(sent[0][1], UploadFile):
        field = FieldError(pointer=f"/{_FIELD}", expected="one .zip or .tar.gz file", code="missing")
        raise InvalidRequest(f"send the archive as the one file {_FIELD!r} of a multipart form", [field])
    return sent[0][1]


def _name_of(file: UploadFile) -> str:
    """The file's own name, plain: what a lone, nameless service is called."""
    return (
        _PLAIN.sub("-", repository_name(Path("/") / Path(file.filename or "").name)).strip("-.")[:100] or "repository"
    )


def _analyzed(analyze: AnalyzeRepository, path: Path, name: str) -> Any:
    try:
        return analyze(path, name=name)
    except InvalidData as error:
        # Whoever uploaded it can do something about it.
        field = FieldError(pointer=f"/{_FIELD}", expected="a .zip or .tar.gz within the limits", code="archive")
        raise InvalidRequest(error.message, [field]) from error


def _answer(body: object, status: int, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(msgspec.json.encode(body), status_code=status, media_type=MediaType.JSON, headers=headers)
