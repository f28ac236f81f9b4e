"""`/account/api-keys`: keys of one's own programs."""

from __future__ import annotations

from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, RawBody
from msgspec import UNSET

from entrypoints.http.auth.answers import at_the_desk, user_id_of
from entrypoints.http.auth.bodies import ApiKeyBody, read_body
from entrypoints.http.auth.desk import AuthDesk
from entrypoints.http.auth.owners import Asked, asker_of
from entrypoints.http.auth.shapes import ApiKeysBody, NewApiKeyBody, key_body


def key_handlers(desk: AuthDesk) -> list[HTTPRouteHandler]:
    """The handlers."""

    @get("/api-keys", summary="My keys", operation_id="list_api_keys")
    async def list_keys(request: Asked) -> ApiKeysBody:
        """Newest first, those that no longer count included."""
        user_id = user_id_of(request)
        keys = await at_the_desk(desk, lambda accounts: accounts.look_up.api_keys(user_id))
        return ApiKeysBody([key_body(key) for key in keys])

    @post("/api-keys", status_code=201, summary="Make a key", operation_id="create_api_key")
    async def create(request: Asked, body: RawBody) -> NewApiKeyBody:
        """Shown this once."""
        given = read_body(request, body, ApiKeyBody, max_depth=desk.max_depth)
        caller, user_id = asker_of(request).caller, user_id_of(request)
        days = None if given.expires_in_days is UNSET else given.expires_in_days
        made = await at_the_desk(
            desk,
            lambda accounts: accounts.create_api_key(user_id, given.name, given.scopes, days, caller, actor_id=user_id),
        )
        return NewApiKeyBody(made.text, key_body(made.key))

    @post("/api-keys/{key_id:str}/rotate", status_code=201, summary="Replace a key", operation_id="rotate_api_key")
    async def rotate(request: Asked, key_id: FromPath[str]) -> NewApiKeyBody:
        """A new key with the same name, scopes and length of life; the old one counts for 24 hours more."""
        caller, user_id = asker_of(request).caller, user_id_of(request)
        made = await at_the_desk(
            desk, lambda accounts: accounts.rotate_api_key(user_id, key_id, caller, actor_id=user_id)
        )
        return NewApiKeyBody(made.text, key_body(made.key))

    @delete("/api-keys/{key_id:str}", status_code=204, summary="Take a key back", operation_id="revoke_api_key")
    async def revoke(request: Asked, key_id: FromPath[str]) -> None:
        """It counts for nothing from now on; every process notices within 5 seconds."""
        caller, user_id = asker_of(request).caller, user_id_of(request)
        await at_the_desk(desk, lambda accounts: accounts.revoke_api_key(user_id, key_id, caller, actor_id=user_id))

    return [list_keys, create, rotate, revoke]
