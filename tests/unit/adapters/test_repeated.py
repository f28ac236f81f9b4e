"""Jobs that come again, and end when told to."""

from __future__ import annotations

from threading import Event

from adapters.repeated import Repeated


def test_a_job_comes_again_until_it_is_stopped() -> None:
    done: list[int] = []
    thrice = Event()

    def job() -> None:
        done.append(1)
        if len(done) == 3:
            thrice.set()

    repeated = Repeated("test", job, every_seconds=0.001)
    repeated.start()
    repeated.start()
    assert thrice.wait(10.0)
    repeated.stop(10.0)
    count = len(done)
    assert not Event().wait(0.02)
    assert len(done) == count


def test_one_that_is_stopped_before_its_first_time_does_nothing() -> None:
    done: list[int] = []
    repeated = Repeated("test", lambda: done.append(1), every_seconds=0.001, first_after_seconds=60.0)
    repeated.start()
    repeated.stop(10.0)
    assert done == []
