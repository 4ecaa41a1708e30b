from syndication.domain.delivery import State


def after(state: State) -> set[State]:
    return {other for other in State if state.may_become(other)}


def before(state: State) -> set[State]:
    return {other for other in State if other.may_become(state)}


def reachable(start: State, *, without: State) -> set[State]:
    found, frontier = {start}, {start}
    while frontier:
        frontier = {other for state in frontier for other in after(state)} - found - {without}
        found |= frontier
    return found


def test_what_was_sent_is_never_sent_again() -> None:
    assert after(State.SENT) == set()


def test_a_digest_with_nothing_for_its_reader_stays_unsent() -> None:
    assert after(State.NO_CONTENT) == set()


def test_a_mail_is_sent_only_after_its_mark_was_durable() -> None:
    assert before(State.SENT) == before(State.UNKNOWN) == {State.DOTTING}
    assert State.SENT not in reachable(State.QUEUED, without=State.DOTTING)


def test_a_mark_is_set_only_on_a_row_that_is_claimed() -> None:
    assert before(State.DOTTING) == {State.CLAIMED}


def test_a_row_whose_mail_the_server_may_have_taken_is_not_simply_queued_again() -> None:
    assert after(State.DOTTING) == {State.SENT, State.FAILED, State.DEFERRED, State.UNKNOWN}
    assert after(State.UNKNOWN) == {State.QUEUED}


def test_a_claimed_row_of_a_dead_owner_can_be_given_back() -> None:
    assert State.CLAIMED.may_become(State.QUEUED)


def test_every_row_can_still_come_to_an_end() -> None:
    ends = {State.SENT, State.FAILED, State.NO_CONTENT}
    for state in State:
        assert (
            reachable(state, without=State.CLAIMED) & ends
            or State.CLAIMED in after(state)
            or State.QUEUED in after(state)
        )
    assert reachable(State.QUEUED, without=State.NO_CONTENT) == set(State) - {State.NO_CONTENT}


def test_no_state_follows_itself() -> None:
    assert not [state for state in State if state.may_become(state)]
