"""Jobs run at once, or beside the caller once that was started."""

from __future__ import annotations

from threading import Event, current_thread

from adapters.background_jobs import BackgroundJobs, Job

PATIENCE = 10.0


def _until(release: Event, running: Event) -> Job:
    """A job that says when it runs, and runs until it is released."""

    def job() -> None:
        running.set()
        release.wait(PATIENCE)

    return job


def test_before_the_start_a_job_runs_at_once() -> None:
    done: list[str] = []
    assert BackgroundJobs().submit(lambda: done.append(current_thread().name))
    assert done == [current_thread().name]


def test_after_the_start_the_caller_does_not_wait() -> None:
    jobs, release, done = BackgroundJobs(), Event(), Event()
    jobs.start()

    def job() -> None:
        release.wait(PATIENCE)
        done.set()

    assert jobs.submit(job)
    assert not done.is_set()
    release.set()
    assert done.wait(PATIENCE)
    jobs.stop()


def test_too_many_jobs_are_refused() -> None:
    jobs, release, running = BackgroundJobs(most_waiting=1), Event(), Event()
    jobs.start()
    jobs.submit(_until(release, running))
    assert running.wait(PATIENCE)
    assert jobs.submit(lambda: None)
    assert not jobs.submit(lambda: None)
    release.set()
    jobs.stop()


def test_stopping_drops_what_waits_and_ends_the_thread() -> None:
    jobs, release, running = BackgroundJobs(), Event(), Event()
    done: list[int] = []
    jobs.start()
    jobs.submit(_until(release, running))
    assert running.wait(PATIENCE)
    jobs.submit(lambda: done.append(1))
    release.set()
    jobs.stop()
    jobs.submit(lambda: done.append(2))
    assert done in ([2], [1, 2])
    assert done[-1] == 2


def test_between_jobs_requests_have_the_interpreter_for_themselves() -> None:
    times = iter([0.0, 0.25, 10.0, 19.0])
    rests: list[float] = []
    rested = Event()

    def rest(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 2:
            rested.set()

    jobs = BackgroundJobs(share=0.2, seconds=lambda: next(times), rest=rest)
    jobs.start()
    jobs.submit(lambda: None)
    jobs.submit(lambda: None)
    assert rested.wait(PATIENCE)
    jobs.stop()
    # Four times as long as the job, but never so long that the next day's answers come too late.
    assert rests == [1.0, 2.0]
