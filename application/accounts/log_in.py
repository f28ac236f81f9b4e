"""Log in with a password; the second factor, where there is one, is asked for next."""

from __future__ import annotations

from dataclasses import dataclass

from application.accounts.desk import Desk, SignedIn, about_self
from application.accounts.letters import locked_letter
from application.accounts.throttle import Counter, forgive, reserve
from domain.identity.audit import AuditEvent, Caller
from domain.identity.errors import BadCredentials, Busy
from domain.identity.limits import LOGIN_ACCOUNT, LOGIN_ADDRESS, LOGIN_GLOBAL
from domain.identity.passwords import normalised
from domain.identity.tokens import digest, is_token
from domain.identity.users import User, read_login
from domain.ports.account_database import AccountRecords
from domain.ports.mailer import Mailer
from domain.ports.password_hasher import PasswordHasher


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """From name and password to a session, whole or waiting for the second factor."""

    desk: Desk
    hasher: PasswordHasher
    mailer: Mailer

    def __call__(self, login: str, password: str, caller: Caller, *, shown: str | None = None) -> SignedIn:
        """Check a password.

        Args:
            login: Name or address.
            password: As typed.
            caller: From where.
            shown: Token of the session the browser had so far; it ends when it was this account's.

        Raises:
            BadCredentials: Whatever is wrong; the answer and its time are the same for unknown names.
            TooManyRequests: Too many attempts for this name, from this address or in all.
            Busy: Too many passwords are being checked.
        """
        name = read_login(login)
        counters = [(LOGIN_ACCOUNT, name), (LOGIN_ADDRESS, caller.address), (LOGIN_GLOBAL, "")]
        reserve(self.desk, counters, delayed=LOGIN_ACCOUNT)
        with self.desk.database.reading() as records:
            found = records.users.find_by_login(name)
        try:
            right = self.hasher.verify(found.password_hash if found else None, normalised(password))
            rehashed = self._rehashed(found, password) if found and right else None
        except Busy:
            with self.desk.database.transaction() as records:
                forgive(records, counters)
            raise
        with self.desk.database.transaction() as records:
            # Read again, locked: it may have been closed or given another password meanwhile.
            user = records.users.find(found.id) if found else None
            unchanged = user is not None and found is not None and user.password_hash == found.password_hash
            if user is None or not right or not unchanged or not user.may_log_in:
                self._refuse(records, user, right, caller)
                signed_in = None
            else:
                self._end_shown(records, user, shown)
                signed_in = self._accept(records, user, rehashed, counters, caller)
        if signed_in is None:
            raise BadCredentials
        return signed_in

    def _end_shown(self, records: AccountRecords, user: User, shown: str | None) -> None:
        old = records.sessions.find(digest(shown)) if shown is not None and is_token(shown) else None
        if old is not None and old.user_id == user.id:
            records.sessions.remove(user.id, session_id=old.id)

    def _rehashed(self, user: User, password: str) -> str | None:
        """The hash with today's parameters, when it was made with others."""
        return self.hasher.hash(normalised(password)) if self.hasher.is_outdated(user.password_hash) else None

    def _refuse(self, records: AccountRecords, user: User | None, right: bool, caller: Caller) -> None:
        if user is None or not user.is_open:
            self.desk.note(records, AuditEvent(action="session.login", outcome="refused", caller=caller))
            return
        if not right:
            failed = user.after_failure(self.desk.now())
            records.users.save(failed)
            if failed.locked_at is not None and user.locked_at is None:
                self.desk.note(records, about_self("account.locked", user.id, caller))
                self.mailer.send(locked_letter(user))
        event = AuditEvent(action="session.login", outcome="refused", user_id=user.id, caller=caller)
        self.desk.note(records, event)

    def _accept(
        self, records: AccountRecords, user: User, rehashed: str | None, counters: list[Counter], caller: Caller
    ) -> SignedIn:
        now = self.desk.now()
        forgive(records, counters[:1], forget=True)
        forgive(records, counters[1:])
        if rehashed is not None:
            user = user.with_password(rehashed, now)
        if user.has_second_factor:
            records.users.save(user)
            self.desk.note(records, about_self("session.password", user.id, caller))
            return self.desk.open_session(records, user, caller, is_pending=True)
        user = user.after_login(now, caller.address)
        records.users.save(user)
        signed_in = self.desk.open_session(records, user, caller)
        self.desk.note(records, about_self("session.login", user.id, caller, target=f"session:{signed_in.session.id}"))
        return signed_in
