"""Dispatchers killed at random instants while a receiver answers badly: what arrived, how often, in what order.

The run starts itself as a program of its own (``--nursery``), which has everything imported and no thread, so that it
can fork workers quickly. A worker keeps plans with anomalies and delivers their alerts until it is killed.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import accumulate, count
from pathlib import Path
from threading import Lock, Thread

from sqlalchemy import select

from adapters.clock import SystemClock
from adapters.database.alert_outbox import SqlAlertOutbox
from adapters.database.alert_rows import Telling
from adapters.database.database import Database
from adapters.database.plan_store import SqlPlanStore
from adapters.database.tables.alerts import ALERT_DELIVERIES
from adapters.database.target import DatabaseTarget, target_of_url
from adapters.notifiers.discord import DiscordNotifier
from application.deliver_alert import DeliverAlert
from application.dispatch_alerts import DispatchAlerts
from domain.alerts.outbox import AlertRules, AlertState
from tests.fakes.plan_records import a_plan

ROOT = Path(__file__).resolve().parents[2]
_PATH = "/api/webhooks/123456789/token"
_ID = re.compile(rb"alert ([0-9a-f-]{36})")
_SERVICES = 40
_DEADLINE_SECONDS = 1.0
_MARGIN_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 0.5
_DRAIN_SECONDS = 300.0
# Plans kept by one worker: enough to have something to deliver at any instant.
_BATCH = 2
_BETWEEN_BATCHES_SECONDS = 0.15
_CALM_BATCHES = 30
_RULES = AlertRules(channels=("discord",), dedup_ttl_seconds=0.0, tells_recovery=False, rate_per_minute=100_000)


@dataclass(frozen=True, kw_only=True)
class Odds:
    """Shares of requests the receiver answers badly."""

    too_many: float = 0.20
    cut: float = 0.10
    failing: float = 0.05


@dataclass
class Receiver:
    """Stands in Discord's place.

    Attributes:
        taken: Alert ids in the order in which they arrived; a reply that was cut had arrived.
        answers: How often it answered how.
    """

    odds: Odds
    seed: int = 0
    port: int = 0
    taken: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def answer(self, body: bytes) -> str:
        """Note a message and say how it is answered."""
        found = _ID.search(body)
        assert found is not None
        with self._lock:
            draw, odds = self._random.random(), self.odds
            if draw < odds.too_many:
                said = "429"
            elif draw < odds.too_many + odds.failing:
                said = "500"
            elif draw < odds.too_many + odds.failing + odds.cut:
                # Half of the cut replies say that the message was taken before they end.
                said = "cut" if draw % 0.01 < 0.005 else "cut early"
            else:
                said = "200"
            self.answers[said] += 1
            if said in ("200", "cut", "cut early"):
                self.taken.append(found.group(1).decode())
            return said

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)


@contextmanager
def receiver(odds: Odds, seed: int = 0) -> Iterator[Receiver]:
    """A receiver on a free port of the loopback interface."""
    notes = Receiver(odds=odds, seed=seed)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            body = self.rfile.read(length)
            self.close_connection = True
            if len(body) < length:
                # The sender was killed while it wrote.
                return
            said = notes.answer(body)
            with suppress(OSError):
                if said == "cut early":
                    self.wfile.write(b"HTTP/1.1 2")
                    return
                if said == "cut":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
                    return
                content = json.dumps({"id": "1", "retry_after": 0.05}).encode()
                self.send_response(int(said))
                if said == "429":
                    self.send_header("Retry-After", "0.05")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    notes.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield notes
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True, kw_only=True)
class CrashReport:
    """What a run showed.

    Attributes:
        kills: Workers killed.
        committed: Alerts in the database, each to be delivered.
        arrived: Distinct alerts that arrived.
        while_killing: Arrivals until the last kill; the rest was delivered by a worker that nobody killed.
        lost: Alerts in the database that never arrived.
        stuck: Alerts that are not marked as sent in the end.
        duplicates: Arrivals beyond the first of each alert.
        out_of_order: Alerts that arrived first after a later one of the same service.
        answers: How often the receiver answered how.
        seconds: Time the run took.
    """

    kills: int
    committed: int
    arrived: int
    while_killing: int
    lost: int
    stuck: int
    duplicates: int
    out_of_order: int
    answers: dict[str, int]
    seconds: float


def crash_run(url: str, *, kills: int, workers: int, odds: Odds, seed: int = 0) -> CrashReport:
    """Kill workers over an upgraded, empty database, deliver what is left, and compare.

    Args:
        url: The database's.
        kills: How many workers are killed, each at an instant of its own; 0: they end by themselves.
        workers: Workers at work at the same time.
        odds: How badly the receiver answers.
        seed: Of instants and answers.
    """
    began = time.monotonic()
    with receiver(odds, seed) as notes:
        command = [sys.executable, "-m", "tests.servers.crash_run", "--nursery", url, str(notes.port)]
        with subprocess.Popen(
            [*command, str(kills), str(workers), str(seed)], cwd=ROOT, text=True, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as nursery:  # fmt: skip
            assert nursery.stdout is not None
            try:
                nursery.stdout.readline()
                while_killing = len(notes.taken)
                if nursery.wait(60.0 + _DRAIN_SECONDS):
                    raise RuntimeError("the nursery failed")
            finally:
                nursery.kill()
    database = Database(target_of(url))
    rows = database.read(
        lambda connection: connection.execute(
            select(ALERT_DELIVERIES.c.alert_id, ALERT_DELIVERIES.c.service_id, ALERT_DELIVERIES.c.state).order_by(
                ALERT_DELIVERIES.c.id
            )
        ).all()
    )
    database.close()
    firsts = list(dict.fromkeys(notes.taken))
    committed = [row.alert_id for row in rows]
    return CrashReport(
        kills=kills,
        committed=len(committed),
        arrived=len(firsts),
        while_killing=while_killing,
        lost=len(set(committed) - set(firsts)),
        stuck=sum(row.state != AlertState.SENT.value for row in rows),
        duplicates=len(notes.taken) - len(firsts),
        out_of_order=_out_of_order([(row.alert_id, row.service_id) for row in rows], firsts),
        answers=dict(notes.answers),
        seconds=time.monotonic() - began,
    )


def _out_of_order(rows: Sequence[tuple[str, str]], firsts: Sequence[str]) -> int:
    place = {alert_id: index for index, alert_id in enumerate(firsts)}
    services: dict[str, list[int]] = defaultdict(list)
    for alert_id, service in rows:
        if alert_id in place:
            services[service].append(place[alert_id])
    return sum(
        later < before
        for places in services.values()
        for later, before in zip(places, [-1, *accumulate(places, max)], strict=False)
    )


def target_of(url: str) -> DatabaseTarget:
    """The database of an address."""
    return DatabaseTarget(url=target_of_url(url))


def _work(url: str, port: int, *, plans: bool, until_empty: bool) -> None:
    """One worker: keep anomalies, deliver alerts."""
    database = Database(target_of(url))
    outbox = SqlAlertOutbox(lambda: database, _RULES)
    deliver = DeliverAlert(
        outbox=outbox, deadline_seconds=_DEADLINE_SECONDS, give_up_seconds=86_400.0, jitter=random.random,
        monotonic=time.monotonic, lease_margin_seconds=_MARGIN_SECONDS,
    )  # fmt: skip
    notifier = DiscordNotifier(
        url=f"http://127.0.0.1:{port}{_PATH}", bot_name="crash run", bot_avatar=None, clock=SystemClock()
    )
    dispatcher = DispatchAlerts(
        deliver=lambda: deliver, outbox=lambda: outbox, notifiers=[notifier], observe=lambda _attempt: None,
        complain=lambda _text: None, monotonic=time.monotonic,
    )  # fmt: skip
    dispatcher.start()
    if plans:
        store = SqlPlanStore(lambda: database, Telling(rules=_RULES))
        # One that is to be killed goes on until it is.
        for _ in range(_CALM_BATCHES) if until_empty else count():
            now = SystemClock().now()
            names = [f"svc-{random.randrange(_SERVICES)}" for _ in range(_BATCH)]
            store.save([a_plan(name, anomaly=True, made_at=now) for name in names])
            dispatcher.wake()
            time.sleep(_BETWEEN_BATCHES_SECONDS)
    left = dispatcher.flush(_DRAIN_SECONDS)
    dispatcher.stop(5.0)
    database.close()
    if left:
        raise SystemExit(f"{left} deliveries are left")


def _fork(url: str, port: int, *, plans: bool, until_empty: bool) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        # Otherwise every worker would make the same ids.
        random.seed(os.urandom(8))
        _renumber()
        _work(url, port, plans=plans, until_empty=until_empty)
        status = 0
    finally:
        os._exit(status)


def _renumber() -> None:
    """Ids of plans hold a number counted in this process: let each worker count from a place of its own."""
    from tests.fakes import plan_records

    plan_records._numbers = count(random.getrandbits(60))


def _nursery(url: str, port: int, kills: int, workers: int, seed: int) -> None:
    drawn = random.Random(seed)
    # Everything a worker needs is imported and compiled before the first one is forked.
    warm = Database(target_of(url))
    warm.ping()
    warm.close()
    if not kills:
        _say("none to be killed")
        _end([_fork(url, port, plans=True, until_empty=True) for _ in range(workers)])
    born = min(workers, kills)
    alive = [_fork(url, port, plans=True, until_empty=False) for _ in range(born)]
    while alive:
        time.sleep(drawn.uniform(0.0, _LONGEST_PAUSE_SECONDS))
        pid = alive.pop(drawn.randrange(len(alive)))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        if born < kills:
            born += 1
            alive.append(_fork(url, port, plans=True, until_empty=False))
    _say("all killed")
    _end([_fork(url, port, plans=False, until_empty=True)])


def _say(what: str) -> None:
    sys.stdout.write(what + "\n")
    sys.stdout.flush()


def _end(pids: list[int]) -> None:
    failed = [pid for pid in pids if os.waitpid(pid, 0)[1] != 0]
    if failed:
        raise SystemExit("a worker that was not killed failed")


if __name__ == "__main__" and sys.argv[1:2] == ["--nursery"]:
    _url, _port, _kills, _workers, _seed = sys.argv[2:]
    _nursery(_url, int(_port), int(_kills), int(_workers), int(_seed))
