"""What a text is taken for: a table of examples, and what holds for every text in every situation."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from api.conversations.moving import Move, wanted_move
from api.texts.models import Route
from api.texts.router import Situation, route
from channels.sms import KEYWORDS, Keyword, bare_word

NEW = Situation()
ASKED = Situation(open_question="when")
SENT = Situation(report_sent=True)
OFFICER_WAITS = Situation(officer_waits=True, report_sent=True)
OFFICER_HERE = Situation(officer_is_here=True, officer_waits=True, report_sent=True)
STOPPED_HERE = Situation(stopped_by="person", report_sent=True)
STOPPED_AT_NETWORK = Situation(stopped_by="network")

situations = st.builds(
    Situation,
    stopped_by=st.sampled_from((None, "person", "network")),
    officer_is_here=st.booleans(),
    officer_waits=st.booleans(),
    open_question=st.sampled_from((None, "account", "when", "where", "phone")),
    report_sent=st.booleans(),
)
said = st.one_of(
    st.text(max_size=40),
    st.sampled_from(sorted(KEYWORDS)),
    st.sampled_from(("yes", "ie", "", " ", "code 1234 5678 9012", "1234 5678 9012", "online")),
    st.sampled_from(("go on on the web", "fe waeddodd rhywun arna i", "07700 900123")),
)
pictures = st.integers(0, 3)


def words_for(keyword: Keyword) -> list[str]:
    return [word for word, meaning in KEYWORDS.items() if meaning is keyword]


def however_typed(word: str) -> list[str]:
    return [word, word.upper(), f" {word.title()}. ", f"{word}!", f'"{word}"']


@pytest.mark.parametrize(
    ("words", "situation", "expected"),
    [
        ("Fe waeddodd dyn arna i ar y bws", NEW, Route.NEW_REPORT),
        ("Somebody shouted at me", NEW, Route.NEW_REPORT),
        ("ddoe", ASKED, Route.ANSWER),
        ("yes", ASKED, Route.ANSWER),
        ("help me write this", ASKED, Route.ANSWER),
        ("he would not stop", ASKED, Route.ANSWER),
        ("online", Situation(open_question="where"), Route.ANSWER),
        ("by text", Situation(open_question="contact_method"), Route.ANSWER),
        ("statws", ASKED, Route.ANSWER),
        ("statws", SENT, Route.STATUS),
        ("Status?", SENT, Route.STATUS),
        ("thank you", SENT, Route.FOLLOW_UP),
        ("adroddiad newydd", SENT, Route.NEW_REPORT),
        ("Yes, ring me tomorrow", OFFICER_WAITS, Route.TO_OFFICER),
        ("ie", OFFICER_WAITS, Route.TO_OFFICER),
        ("yes", OFFICER_WAITS, Route.TO_OFFICER),
        ("status", OFFICER_WAITS, Route.STATUS),
        ("new report", OFFICER_WAITS, Route.NEW_REPORT),
        ("status", OFFICER_HERE, Route.TO_OFFICER),
        ("new report", OFFICER_HERE, Route.TO_OFFICER),
        ("cymorth", OFFICER_HERE, Route.HELP),
        ("stop", OFFICER_HERE, Route.STOP),
        ("he is back", STOPPED_HERE, Route.WHILE_STOPPED),
        ("yes", STOPPED_HERE, Route.WHILE_STOPPED),
        ("yes", STOPPED_AT_NETWORK, Route.START),
        ("dechrau", STOPPED_HERE, Route.START),
        ("help", STOPPED_HERE, Route.HELP),
        ("code 1234 5678 9012", NEW, Route.CODE),
        ("1234 5678 9012", NEW, Route.CODE),
        ("parhau ar y we", ASKED, Route.TO_WEB),
        ("Can I go on on the web please?", ASKED, Route.TO_WEB),
        ("go on on the web", SENT, Route.FOLLOW_UP),
    ],
)
def test_each_kind_of_text_has_its_route(words: str, situation: Situation, expected: Route) -> None:
    assert route(words, 0, situation) is expected


@pytest.mark.parametrize("word", words_for(Keyword.STOP))
@given(situation=situations, pictures=pictures)
def test_stop_is_stop_whatever_else_is_going_on(
    word: str, situation: Situation, pictures: int
) -> None:
    assert {route(typed, pictures, situation) for typed in however_typed(word)} == {Route.STOP}


@pytest.mark.parametrize(
    ("keyword", "expected"), [(Keyword.START, Route.START), (Keyword.HELP, Route.HELP)]
)
@given(situation=situations, pictures=pictures)
def test_start_and_help_never_reach_the_assistant(
    keyword: Keyword, expected: Route, situation: Situation, pictures: int
) -> None:
    for word in words_for(keyword):
        for typed in however_typed(word):
            assert route(typed, pictures, situation) is expected


@given(words=said, pictures=pictures, situation=situations)
def test_only_keywords_are_taken_for_keywords(
    words: str, pictures: int, situation: Situation
) -> None:
    assume(bare_word(words) not in KEYWORDS and bare_word(words) != "yes")
    assert route(words, pictures, situation) not in (Route.STOP, Route.START, Route.HELP)


@given(words=said, pictures=pictures, situation=situations)
def test_whoever_stopped_texts_is_asked_nothing(
    words: str, pictures: int, situation: Situation
) -> None:
    assume(situation.stopped_by is not None)
    taken_for = route(words, pictures, situation)
    assert taken_for in (Route.STOP, Route.START, Route.HELP, Route.WHILE_STOPPED)


@given(words=said, pictures=pictures, situation=situations)
def test_a_text_without_words_is_never_an_answer(
    words: str, pictures: int, situation: Situation
) -> None:
    taken_for = route(" \n", pictures, situation)
    expected = Route.PICTURE if pictures else Route.BLANK
    assert taken_for is (Route.WHILE_STOPPED if situation.stopped_by else expected)


@given(words=said, pictures=pictures, situation=situations)
def test_while_an_officer_writes_the_assistant_hears_nothing(
    words: str, pictures: int, situation: Situation
) -> None:
    assume(situation.officer_is_here)
    taken_for = route(words, pictures, situation)
    assert taken_for not in (
        *(Route.NEW_REPORT, Route.ANSWER, Route.FOLLOW_UP, Route.STATUS),
        *(Route.CODE, Route.TO_WEB),
    )


@given(words=said, pictures=pictures, situation=situations)
def test_an_answer_needs_a_question_and_a_status_needs_a_report(
    words: str, pictures: int, situation: Situation
) -> None:
    taken_for = route(words, pictures, situation)
    if taken_for is Route.ANSWER:
        assert situation.open_question is not None
    if taken_for in (Route.STATUS, Route.FOLLOW_UP):
        assert situation.report_sent


@pytest.mark.parametrize(
    ("words", "move"),
    [
        ("Go on by text", Move.TO_TEXT),
        ("please can we continue by text message?", Move.TO_TEXT),
        ("Ga i fynd ymlaen ar y ffôn", Move.TO_TEXT),
        ("ga i fynd ymlaen ar y ffon plis", Move.TO_TEXT),
        ("Hoffwn i barhau drwy neges destun, os gwelwch yn dda", Move.TO_TEXT),
        ("nol i'r we", Move.TO_WEB),
        ("back to the web", Move.TO_WEB),
        ("he went on by text", None),
        ("they go on by text all night", None),
        ("text", None),
        ("please", None),
        ("", None),
    ],
)
def test_a_wish_to_go_on_elsewhere_is_one_that_says_nothing_else(
    words: str, move: Move | None
) -> None:
    assert wanted_move(words) is move
