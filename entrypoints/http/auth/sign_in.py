"""`/auth/…`: from nobody to somebody, and back."""

from __future__ import annotations

from litestar import Response, Router, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, RawBody

from application.accounts.create_user import NewUser
from domain.identity.errors import BadCredentials
from entrypoints.http.auth.answers import alike, at_the_desk, signed_in_response, signed_out_header, user_id_of
from entrypoints.http.auth.bodies import (
    CodeBody,
    ForgotBody,
    LoginBody,
    RegisterBody,
    ResetBody,
    StepUpBody,
    TokenBody,
    read_body,
)
from entrypoints.http.auth.desk import AuthDesk
from entrypoints.http.auth.owners import Asked, asker_of
from entrypoints.http.auth.shapes import EndedBody, SessionsBody, SignedInBody, session_body


def sign_in_router(desk: AuthDesk) -> Router:
    """The routes under `/auth`."""
    return Router("/auth", route_handlers=[*_joining(desk), *_entering(desk), *_leaving(desk)], tags=["accounts"])


def _joining(desk: AuthDesk) -> list[HTTPRouteHandler]:
    @post("/register", status_code=202, summary="Ask for an account", operation_id="register")
    async def register(request: Asked, body: RawBody) -> None:
        """A mail goes to the address, whether or not there is an account; the answer is the same."""
        given = read_body(request, body, RegisterBody, max_depth=desk.max_depth)
        wanted = NewUser(
            username=given.username, email=given.email, password=given.password, full_name=given.full_name,
            organisation=given.organisation,
        )  # fmt: skip
        caller = asker_of(request).caller
        await alike(at_the_desk(desk, lambda accounts: accounts.register(wanted, caller)))

    @post("/verify-email", status_code=204, summary="Prove an address", operation_id="verify_email")
    async def verify(request: Asked, body: RawBody) -> None:
        """With the token mailed to it, within 24 hours."""
        given = read_body(request, body, TokenBody, max_depth=desk.max_depth)
        caller = asker_of(request).caller
        await at_the_desk(desk, lambda accounts: accounts.verify_email(given.token, caller))

    @post("/forgot-password", status_code=202, summary="Ask for a new password", operation_id="forgot_password")
    async def forgot(request: Asked, body: RawBody) -> None:
        """A token goes to the mailbox, if there is an account; the answer is the same."""
        given = read_body(request, body, ForgotBody, max_depth=desk.max_depth)
        caller = asker_of(request).caller
        await alike(at_the_desk(desk, lambda accounts: accounts.request_reset(given.login, caller)))

    @post("/reset-password", status_code=204, summary="Set a new password by token", operation_id="reset_password")
    async def reset(request: Asked, body: RawBody) -> None:
        """With the token mailed, within 30 minutes, and a code where log-ins ask for one; ends every session."""
        given = read_body(request, body, ResetBody, max_depth=desk.max_depth)
        caller = asker_of(request).caller
        await at_the_desk(
            desk, lambda accounts: accounts.reset_password(given.token, given.password, given.code, caller)
        )

    return [register, verify, forgot, reset]


def _entering(desk: AuthDesk) -> list[HTTPRouteHandler]:
    @post("/login", status_code=200, summary="Log in", operation_id="log_in")
    async def log_in(request: Asked, body: RawBody) -> Response[SignedInBody]:
        """With name or address and password; the session is in the cookie. A code may be asked for next."""
        given = read_body(request, body, LoginBody, max_depth=desk.max_depth)
        asker = asker_of(request)
        signed_in = await at_the_desk(
            desk,
            lambda accounts: accounts.log_in(given.login, given.password, asker.caller, shown=asker.session_token),
        )
        return signed_in_response(desk, signed_in)

    @post("/login/code", status_code=200, summary="Log in, second part", operation_id="log_in_code")
    async def log_in_code(request: Asked, body: RawBody) -> Response[SignedInBody]:
        """With a code of the authenticator or a backup code, within 5 minutes of the password."""
        given = read_body(request, body, CodeBody, max_depth=desk.max_depth)
        asker = asker_of(request)
        token = asker.session_token
        if token is None:
            raise BadCredentials
        signed_in = await at_the_desk(desk, lambda accounts: accounts.confirm_log_in(token, given.code, asker.caller))
        return signed_in_response(desk, signed_in)

    @post("/step-up", status_code=200, summary="Confirm the password again", operation_id="step_up")
    async def step_up(request: Asked, body: RawBody) -> Response[SignedInBody]:
        """Credentials may be changed for 5 minutes; the session goes on under a new token."""
        given = read_body(request, body, StepUpBody, max_depth=desk.max_depth)
        asker, user_id = asker_of(request), user_id_of(request)
        session_id = asker.principal.credential_id or ""
        signed_in = await at_the_desk(
            desk, lambda accounts: accounts.step_up(user_id, session_id, given.password, given.code, asker.caller)
        )
        return signed_in_response(desk, signed_in)

    return [log_in, log_in_code, step_up]


def _leaving(desk: AuthDesk) -> list[HTTPRouteHandler]:
    @post("/logout", status_code=200, summary="Log out", operation_id="log_out")
    async def log_out(request: Asked) -> Response[EndedBody]:
        """Ends this session."""
        asker, user_id = asker_of(request), user_id_of(request)
        own = asker.principal.credential_id
        ended = await at_the_desk(desk, lambda accounts: accounts.end_sessions(user_id, asker.caller, session_id=own))
        return Response(EndedBody(ended), headers=signed_out_header(desk))

    @post("/logout-everywhere", status_code=200, summary="Log out everywhere", operation_id="log_out_everywhere")
    async def log_out_everywhere(request: Asked) -> Response[EndedBody]:
        """Ends every session of the account."""
        caller, user_id = asker_of(request).caller, user_id_of(request)
        ended = await at_the_desk(desk, lambda accounts: accounts.end_sessions(user_id, caller))
        return Response(EndedBody(ended), headers=signed_out_header(desk))

    @get("/sessions", summary="Who is signed in as me", operation_id="list_sessions")
    async def sessions(request: Asked) -> SessionsBody:
        """All sessions, newest first."""
        own, user_id = asker_of(request).principal.credential_id, user_id_of(request)
        found = await at_the_desk(desk, lambda accounts: accounts.look_up.sessions(user_id))
        return SessionsBody([session_body(session, own) for session in found])

    @delete("/sessions/{session_id:str}", status_code=204, summary="End a session", operation_id="end_session")
    async def end_session(request: Asked, session_id: FromPath[str]) -> None:
        """Ends one of my sessions."""
        caller, user_id = asker_of(request).caller, user_id_of(request)
        await at_the_desk(desk, lambda accounts: accounts.end_sessions(user_id, caller, session_id=session_id))

    return [log_out, log_out_everywhere, sessions, end_session]
