"""`/account`: what people do with their own account."""

from __future__ import annotations

from litestar import Response, Router, delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody
from msgspec import UNSET

from domain.identity.errors import NotAuthenticated
from domain.identity.tokens import csrf_token
from entrypoints.http.auth.answers import (
    at_the_desk,
    session_header,
    signed_in_response,
    signed_out_header,
    user_id_of,
)
from entrypoints.http.auth.bodies import CodeBody, PasswordBody, ProfileBody, read_body
from entrypoints.http.auth.clouds import cloud_handlers
from entrypoints.http.auth.desk import AuthDesk
from entrypoints.http.auth.keys import key_handlers
from entrypoints.http.auth.owners import Asked, asker_of
from entrypoints.http.auth.shapes import (
    AccountBody,
    BackupCodesBody,
    EnrolmentBody,
    MeBody,
    SignedInBody,
    account_body,
)
from entrypoints.http.auth.trail import own_audit_handler


def account_router(desk: AuthDesk) -> Router:
    """The routes under `/account`."""
    handlers = [*_profile(desk), *_credentials(desk), *_second_factor(desk), *key_handlers(desk)]
    return Router(
        "/account", route_handlers=[*handlers, *cloud_handlers(desk), own_audit_handler(desk)], tags=["accounts"]
    )


def _profile(desk: AuthDesk) -> list[HTTPRouteHandler]:
    @get("/", summary="Who am I", operation_id="account")
    async def account(request: Asked) -> MeBody:
        """The account, and the token that goes into X-CSRF-Token."""
        token, user_id = asker_of(request).session_token, user_id_of(request)
        if token is None:
            raise NotAuthenticated("this is for signed-in people")
        user, left = await at_the_desk(desk, lambda accounts: accounts.look_up.account(user_id))
        return MeBody(csrf_token=csrf_token(token), account=account_body(user), backup_codes_left=left)

    @patch("/", summary="Change name or organisation", operation_id="change_account")
    async def change(request: Asked, body: RawBody) -> AccountBody:
        """What is given is written, what is not stays."""
        given = read_body(request, body, ProfileBody, max_depth=desk.max_depth)
        caller, user_id = asker_of(request).caller, user_id_of(request)
        full_name = None if given.full_name is UNSET else given.full_name
        organisation = None if given.organisation is UNSET else given.organisation
        user = await at_the_desk(
            desk, lambda accounts: accounts.change_profile(user_id, full_name, organisation, caller)
        )
        return account_body(user)

    @delete("/", status_code=200, summary="Delete the account", operation_id="delete_account")
    async def delete_account(request: Asked) -> Response[None]:
        """Personal data and credentials are removed for good; keys are taken back."""
        return await _close(desk, request, erase=True)

    @post("/deactivate", status_code=200, summary="Deactivate the account", operation_id="deactivate_account")
    async def deactivate(request: Asked) -> Response[None]:
        """Nobody gets in until an administrator opens it again; keys are taken back."""
        return await _close(desk, request, erase=False)

    return [account, change, delete_account, deactivate]


async def _close(desk: AuthDesk, request: Asked, *, erase: bool) -> Response[None]:
    caller, user_id = asker_of(request).caller, user_id_of(request)
    await at_the_desk(desk, lambda accounts: accounts.close_account(user_id, caller, actor_id=user_id, erase=erase))
    return Response(None, headers=signed_out_header(desk), status_code=200)


def _credentials(desk: AuthDesk) -> list[HTTPRouteHandler]:
    @post("/password", status_code=200, summary="Change the password", operation_id="change_password")
    async def change_password(request: Asked, body: RawBody) -> Response[SignedInBody]:
        """Ends every other session; this one goes on under a new token."""
        given = read_body(request, body, PasswordBody, max_depth=desk.max_depth)
        caller, user_id = asker_of(request).caller, user_id_of(request)
        signed_in = await at_the_desk(desk, lambda accounts: accounts.change_password(user_id, given.password, caller))
        return signed_in_response(desk, signed_in)

    return [change_password]


def _second_factor(desk: AuthDesk) -> list[HTTPRouteHandler]:
    @post("/totp", status_code=200, summary="Enrol an authenticator", operation_id="enrol_totp")
    async def enrol(request: Asked) -> EnrolmentBody:
        """Shown once; it counts after its first code was confirmed."""
        caller, user_id = asker_of(request).caller, user_id_of(request)
        made = await at_the_desk(desk, lambda accounts: accounts.enrol_totp(user_id, caller))
        return EnrolmentBody(otpauth_uri=made.uri, qr_svg=made.svg)

    @post("/totp/confirm", status_code=200, summary="Confirm the authenticator", operation_id="confirm_totp")
    async def confirm(request: Asked, body: RawBody) -> Response[BackupCodesBody]:
        """From now on log-ins ask for a code; the backup codes are shown once. Every other session ends."""
        given = read_body(request, body, CodeBody, max_depth=desk.max_depth)
        caller, user_id = asker_of(request).caller, user_id_of(request)
        done = await at_the_desk(desk, lambda accounts: accounts.confirm_totp(user_id, given.code, caller))
        answer = BackupCodesBody(list(done.backup_codes), csrf_token(done.signed_in.token))
        return Response(answer, headers=session_header(desk, done.signed_in), status_code=200)

    @delete("/totp", status_code=200, summary="Switch the second factor off", operation_id="disable_totp")
    async def disable(request: Asked) -> Response[SignedInBody]:
        """Authenticator and backup codes are forgotten; every other session ends."""
        caller, user_id = asker_of(request).caller, user_id_of(request)
        signed_in = await at_the_desk(desk, lambda accounts: accounts.disable_totp(user_id, caller))
        return signed_in_response(desk, signed_in)

    @post("/backup-codes", status_code=200, summary="Renew the backup codes", operation_id="renew_backup_codes")
    async def renew(request: Asked) -> BackupCodesBody:
        """Ten new ones, shown once; the old ones count no longer."""
        caller, user_id = asker_of(request).caller, user_id_of(request)
        codes = await at_the_desk(desk, lambda accounts: accounts.renew_backup_codes(user_id, caller))
        return BackupCodesBody(list(codes), None)

    return [enrol, confirm, disable, renew]
