"""What holds for every test: in CI nothing may be skipped, so that a missing program is seen and not believed to pass."""

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

# The same few examples every time, no deadline and no check of the speed: a busy machine is no failure. `make nightly` tries many new ones.
ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("project", ANY_SPEED, derandomize=True, database=None, max_examples=50)
settings.register_profile("nightly", ANY_SPEED, max_examples=1000, print_blob=True)
settings.load_profile("project")

IN_CI = bool(os.environ.get("SYNDICATION_CI"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"A skipped test fails in CI: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if IN_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"A skipped module fails in CI: {_reason(report)}"
    return report


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
