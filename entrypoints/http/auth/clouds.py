"""`/account/cloud-accounts`: credentials are written and never shown."""

from __future__ import annotations

from litestar import delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, RawBody
from msgspec import UNSET, structs

from application.accounts.cloud_accounts import CloudAccountFields
from entrypoints.http.auth.answers import at_the_desk, user_id_of
from entrypoints.http.auth.bodies import CloudAccountBody, read_body
from entrypoints.http.auth.desk import AuthDesk
from entrypoints.http.auth.owners import Asked, asker_of
from entrypoints.http.auth.shapes import CloudAccountsBody, CloudAccountView, cloud_account_body


def cloud_handlers(desk: AuthDesk) -> list[HTTPRouteHandler]:
    """The handlers."""

    @get("/cloud-accounts", summary="My cloud accounts", operation_id="list_cloud_accounts")
    async def list_accounts(request: Asked) -> CloudAccountsBody:
        """Oldest first."""
        user_id = user_id_of(request)
        found = await at_the_desk(desk, lambda accounts: accounts.look_up.cloud_accounts(user_id))
        return CloudAccountsBody([cloud_account_body(account) for account in found])

    @get("/cloud-accounts/{account_id:str}", summary="A cloud account", operation_id="cloud_account")
    async def one(request: Asked, account_id: FromPath[str]) -> CloudAccountView:
        """Of its secrets only that they are there."""
        user_id = user_id_of(request)
        found = await at_the_desk(desk, lambda accounts: accounts.look_up.cloud_account(user_id, account_id))
        return cloud_account_body(found)

    @post("/cloud-accounts", status_code=201, summary="Keep a cloud account", operation_id="add_cloud_account")
    async def add(request: Asked, body: RawBody) -> CloudAccountView:
        """Its credentials are sealed and never shown again."""
        given = _fields(read_body(request, body, CloudAccountBody, max_depth=desk.max_depth))
        caller, user_id = asker_of(request).caller, user_id_of(request)
        kept = await at_the_desk(desk, lambda accounts: accounts.keep_cloud_account(user_id, given, caller))
        return cloud_account_body(kept)

    @patch("/cloud-accounts/{account_id:str}", summary="Change a cloud account", operation_id="change_cloud_account")
    async def change(request: Asked, account_id: FromPath[str], body: RawBody) -> CloudAccountView:
        """What is given is written, what is not stays; an empty secret is removed."""
        given = _fields(read_body(request, body, CloudAccountBody, max_depth=desk.max_depth))
        caller, user_id = asker_of(request).caller, user_id_of(request)
        kept = await at_the_desk(
            desk, lambda accounts: accounts.keep_cloud_account(user_id, given, caller, account_id=account_id)
        )
        return cloud_account_body(kept)

    @delete(
        "/cloud-accounts/{account_id:str}", status_code=204, summary="Forget a cloud account",
        operation_id="remove_cloud_account",
    )  # fmt: skip
    async def remove(request: Asked, account_id: FromPath[str]) -> None:
        """Credentials and all."""
        caller, user_id = asker_of(request).caller, user_id_of(request)
        await at_the_desk(desk, lambda accounts: accounts.remove_cloud_account(user_id, account_id, caller))

    return [list_accounts, one, add, change, remove]


def _fields(body: CloudAccountBody) -> CloudAccountFields:
    given = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    return CloudAccountFields(**given)
