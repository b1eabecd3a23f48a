"""Conversations: what is carried over, what is not, bounds, files, and an LLM that fails."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_server import Reply, ScriptedServer

from rag.answer import Answer, Citation
from rag.condense import find_problem
from rag.conversation import Conversation
from rag.followup import MAX_CHARACTERS, complete_question
from rag.library import Library
from rag.llm import ChatDoor, Endpoint, LLMOptions, open_llm
from rag.referents import Past, find_subject, find_things, short_title
from rag.transcript import (
    MAX_TURNS,
    ConversationError,
    Turn,
    from_values,
    load_turns,
    save_turns,
    to_values,
)
from vectorstore.errors import QuestionError

MOTHS = Past(
    "What F1 score does LanternNet reach on Sphinx-5k?", ("LanternNet: counting moths by night",)
)
PAIR = Past("Compare GearBox and TideTable on noise")
LISTED = Past(
    "Which papers measure noise?", ("Quiet gears", "Harbour: tides from logs", "Bread mould")
)


@pytest.mark.parametrize(
    ("question", "complete"),
    [
        ("And on Owlet-9?", "What F1 score does LanternNet reach on Owlet-9?"),
        ("What about NightJar?", "What F1 score does NightJar reach on Sphinx-5k?"),
        ("Which species does it know?", "Which species does LanternNet know?"),
        ("What about its weaknesses?", "What are the weaknesses of LanternNet?"),
        ("Who wrote it?", "Who wrote LanternNet?"),
        ("How fast is that?", "How fast is LanternNet?"),
        ("What does that paper measure?", "What does LanternNet measure?"),
        ("Which datasets were used?", "Which datasets were used in LanternNet?"),
        ("Why?", "Why does LanternNet reach on Sphinx-5k?"),
        ("And which recall?", "Which recall does LanternNet reach on Sphinx-5k?"),
    ],
)
def test_follow_up_takes_over_what_was_spoken_of(question: str, complete: str) -> None:
    assert complete_question(question, [MOTHS]) == complete


@pytest.mark.parametrize(
    ("question", "complete"),
    [
        ("What noise does the former make?", "What noise does GearBox make?"),
        ("How loud is the second one?", "How loud is TideTable?"),
        ("How do these two differ?", "How do GearBox and TideTable differ?"),
        ("Who tested them?", "Who tested GearBox and TideTable?"),
    ],
)
def test_ordinals_and_pairs_stand_for_names_side_by_side(question: str, complete: str) -> None:
    assert complete_question(question, [PAIR]) == complete


def test_ordinals_count_the_papers_listed_last() -> None:
    past = [LISTED, Past("What is LanternNet?")]
    assert complete_question("How does it compare with the third one?", past) == (
        "How does LanternNet compare with Bread mould?"
    )
    assert find_things([LISTED], 4) == ()


@pytest.mark.parametrize(
    "question",
    [
        "What is the boiling point of ethanol?",
        "How does GearBox keep its teeth quiet?",
        "Do honey bees remember their flowers?",
        "Is it possible to predict earthquakes?",
        "Which papers release their code?",
        "Which methods that save memory are exact?",
        "What is the second stage of ripening?",
        "thanks",
        "word " * 10_000 + "it?",
    ],
)
def test_question_complete_in_itself_is_left_alone(question: str) -> None:
    assert complete_question(question, [MOTHS]) == question


def test_first_question_is_left_alone() -> None:
    assert complete_question("And on ImageNet?", []) == "And on ImageNet?"
    assert find_subject([]) is None


def test_subject_carries_over_without_an_answer() -> None:
    past = [Past("How do graphene transistors behave in the cold?")]
    assert complete_question("Which voltage do they need?", past) == (
        "Which voltage do graphene transistors need?"
    )


def test_last_subject_counts_not_the_first() -> None:
    past = [MOTHS, Past("What is GearBox?")]
    assert complete_question("Does it rust?", past) == "Does GearBox rust?"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("UCGM: one framework", "UCGM"),
        ("Clouds (ECCC) with AI: a survey", "Clouds with AI"),
        ("What do models know about the sea?", "“What do models know about the sea”"),
    ],
)
def test_title_is_named_by_what_it_begins_with(title: str, name: str) -> None:
    assert short_title(title) == name


@given(st.text(max_size=300), st.lists(st.text(max_size=80), max_size=4))
def test_rules_take_any_text(question: str, before: list[str]) -> None:
    past = [Past(item, (item,), (item,)) for item in before]
    assert len(complete_question(question, past)) <= max(len(question), MAX_CHARACTERS)


# Conversations over a library


def test_answer_holds_both_questions(small_library: Library) -> None:
    talk = small_library.conversation()
    talk.ask("What F1 score does LanternNet reach?")
    answer = talk.ask("How much faster is it than manual sorting?")
    assert answer.question == "How much faster is it than manual sorting?"
    assert answer.standalone_question == "How much faster is LanternNet than manual sorting?"
    assert [citation.title for citation in answer.citations][:1] == [
        "LanternNet: counting moths by night"
    ]
    assert [turn.standalone_question for turn in talk.turns] == [
        "What F1 score does LanternNet reach?",
        answer.standalone_question,
    ]


def test_empty_question_leaves_no_turn(small_library: Library) -> None:
    talk = small_library.conversation()
    with pytest.raises(QuestionError):
        talk.ask(" \x00\x1b ")
    assert talk.turns == ()


def test_hostile_follow_up_is_answered_or_refused_in_words(small_library: Library) -> None:
    talk = small_library.conversation()
    talk.ask("What F1 score does LanternNet reach?")
    with pytest.raises(QuestionError, match="characters"):
        talk.ask("it " * 10_000)
    assert "\x1b" not in talk.ask("Is it\x1b[31m fast?").standalone_question


def test_where_narrows_one_turn_alone(small_library: Library) -> None:
    talk = small_library.conversation()
    talk.ask("What F1 score does LanternNet reach?")
    assert talk.ask("How much faster is it?", where="year<=2019").abstained
    assert not talk.ask("What F1 score does it reach?").abstained


def test_questions_asked_at_once_come_in_their_order(small_library: Library) -> None:
    talk = small_library.conversation()
    asked = [
        "What F1 score does LanternNet reach?",
        *(f"Is it {n} times faster?" for n in range(8)),
    ]

    async def ask_all() -> list[Answer]:
        return await asyncio.gather(*(talk.aask(question) for question in asked))

    answers = asyncio.run(ask_all())
    assert [turn.question for turn in talk.turns] == asked
    assert all("LanternNet" in answer.standalone_question for answer in answers)


# In a stream


def test_stream_is_the_answer_of_asking_and_a_turn(small_library: Library) -> None:
    asked, streamed = small_library.conversation(), small_library.conversation()
    for question in (FIRST, "How much faster is it than manual sorting?"):
        whole = asked.ask(question)
        stream = streamed.stream(question)
        sentences = tuple(stream)
        assert stream.answer is not None
        assert sentences == whole.sentences == stream.answer.sentences
        assert stream.citations == whole.citations
        assert stream.answer.standalone_question == whole.standalone_question
        timings = stream.answer.timings_ms
        assert timings["condense"] <= timings["first_sentence"] <= timings["total"]
    assert [(turn.question, turn.standalone_question) for turn in streamed.turns] == [
        (turn.question, turn.standalone_question) for turn in asked.turns
    ]


def test_stream_that_is_closed_early_leaves_no_turn(small_library: Library) -> None:
    talk = small_library.conversation()
    stream = talk.stream(FIRST)
    next(stream)
    assert talk.turns == ()
    stream.close()
    assert talk.turns == ()
    assert stream.answer is None


def test_open_stream_holds_up_no_other_question(small_library: Library) -> None:
    talk = small_library.conversation()
    stream = talk.stream(FIRST)
    next(stream)
    talk.ask("How quiet are gears of beech?")
    assert list(stream) == []
    assert [turn.question for turn in talk.turns] == ["How quiet are gears of beech?", FIRST]


def test_stream_refuses_at_once_what_cannot_be_asked(small_library: Library) -> None:
    talk = small_library.conversation()
    with pytest.raises(QuestionError, match="empty"):
        talk.stream(" ")
    with pytest.raises(QuestionError):
        talk.stream(FIRST, where="colour=red")


# Saving and loading

TEXTS = st.text(max_size=40)
CITATIONS = st.builds(
    Citation,
    number=st.integers(1, 99),
    record_id=TEXTS,
    title=TEXTS,
    authors=st.lists(TEXTS, max_size=2).map(tuple),
    year=st.none() | st.integers(1900, 2100),
    url=st.none() | TEXTS,
    sources=st.lists(TEXTS, max_size=2).map(tuple),
    quote=TEXTS,
    start=st.integers(0, 9),
    end=st.integers(0, 99),
)
ANSWERS = st.builds(
    Answer,
    question=TEXTS,
    standalone_question=TEXTS,
    text=TEXTS,
    abstained=st.booleans(),
    reason=st.none() | TEXTS,
    confidence=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    citations=st.lists(CITATIONS, max_size=2).map(tuple),
    nearest=st.lists(CITATIONS, max_size=2).map(tuple),
)
TURNS = st.lists(st.builds(Turn, TEXTS, TEXTS, ANSWERS), max_size=3)


@given(TURNS)
def test_turns_come_back_from_json(turns: list[Turn]) -> None:
    assert from_values(json.loads(json.dumps(to_values(turns)))) == turns


def test_conversation_goes_on_from_its_file(small_library: Library, tmp_path: Path) -> None:
    talk, file = small_library.conversation(), tmp_path / "talk.json"
    talk.ask("What F1 score does LanternNet reach?")
    talk.save(file)
    again = Conversation.load(file, small_library)
    assert again.to_json() == talk.to_json()
    assert again.ask("Who wrote it?").standalone_question == "Who wrote LanternNet?"
    assert list(tmp_path.iterdir()) == [file]


def a_turn(number: int) -> Turn:
    return Turn(str(number), str(number), Answer(str(number), str(number), "", True, None, 0.0))


def test_oldest_turns_go_first() -> None:
    kept = from_values(to_values(a_turn(number) for number in range(MAX_TURNS + 5)))
    assert [kept[0].question, len(kept)] == ["5", MAX_TURNS]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is not JSON in UTF-8"),
        ("[" * 100_000, "is not JSON in UTF-8"),
        ("[]", "is no conversation of Quoth"),
        ('{"format": "quoth conversation", "version": 2, "turns": []}', "has version 2"),
        ('{"format": "quoth conversation", "version": true, "turns": []}', "has version True"),
        ('{"format": "quoth conversation", "version": 1}', "'turns' is no list"),
        ('{"format": "quoth conversation", "version": 1, "turns": [7]}', "turn 1 is no object"),
        (
            '{"format": "quoth conversation", "version": 1, "turns":'
            ' [{"question": "a", "standalone_question": "a", "answer": {}}]}',
            "turn 1: 'question' cannot be read",
        ),
    ],
)
def test_file_that_is_no_conversation_is_refused(content: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    file.write_text(content)
    with pytest.raises(ConversationError, match=told):
        load_turns(file)


def test_failed_save_keeps_the_file_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "talk.json"
    file.write_text("before")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(ConversationError, match="No space left on device"):
        save_turns(file, [])
    assert (file.read_text(), list(tmp_path.iterdir())) == ("before", [file])


@pytest.mark.parametrize("name", ["absent/talk.json", "\0"])
def test_place_that_cannot_be_written_or_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConversationError, match="Cannot write"):
        save_turns(f"{tmp_path}/{name}", [])
    with pytest.raises(ConversationError, match="Cannot read"):
        load_turns(f"{tmp_path}/{name}")


# With an LLM

FIRST, NEXT = "What F1 score does LanternNet reach?", "Is it fast?"


def door(server: ScriptedServer) -> ChatDoor:
    return open_llm("openai:scripted", LLMOptions(retries=0), Endpoint(server.url, "key"))


def follow(library: Library, reply: Reply) -> tuple[Answer, ScriptedServer]:
    with ScriptedServer(reply) as server:
        talk = library.conversation(door(server))
        talk.ask(FIRST)
        return talk.ask(NEXT), server


def test_stream_counts_what_condensing_took(small_library: Library) -> None:
    with ScriptedServer(Reply("How fast is LanternNet at night?")) as server:
        talk = small_library.conversation(door(server))
        list(talk.stream(FIRST))
        stream = talk.stream(NEXT)
        list(stream)
    assert stream.answer is not None
    assert stream.answer.standalone_question == "How fast is LanternNet at night?"
    assert (stream.answer.usage or {})["condense"]["total_tokens"] == 18


def test_llm_makes_the_question_complete(small_library: Library) -> None:
    reply = Reply('Complete question: "How fast is LanternNet at night?"')
    answer, server = follow(small_library, reply)
    assert answer.standalone_question == "How fast is LanternNet at night?"
    assert answer.usage is not None
    assert answer.usage["condense"]["total_tokens"] == 18
    assert len(server.requests) == 1
    assert f"Last question: {NEXT}" in server.prompts[0]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply("a\nb?"), "it has several lines"),
        (Reply("LanternNet is 3.5 times faster."), "it does not ask"),
        (Reply("Is LanternNet " + "very " * 200 + "fast?"), "characters"),
        (Reply("Is LanternNet faster than NightJar?"), "brings in “NightJar”"),
        (Reply('""'), "it is empty"),
        (Reply("Is LanternNet fast", finish="length"), "cut short"),
        (Reply("down", status=500), "500"),
        (Reply(body="{"), ""),
    ],
)
def test_rules_stand_in_where_the_llm_fails(
    reply: Reply, told: str, small_library: Library
) -> None:
    answer, _ = follow(small_library, reply)
    assert answer.standalone_question == "Is LanternNet fast?"
    assert "The follow-up was made complete by rules. " in (answer.reason or "")
    assert told in (answer.reason or "")


def test_reply_must_keep_names_and_numbers() -> None:
    assert find_problem("How fast is LanternNet?", "And on 12 GPUs?", "LanternNet") == (
        "it leaves out “GPUs”"
    )
    assert find_problem("Is it fast on 12 GPUs?", "And on 12 GPUs?", "") is None


def test_no_llm_is_asked_about_the_first_question(small_library: Library) -> None:
    with ScriptedServer(Reply("What?")) as server:
        small_library.conversation(door(server)).ask(FIRST)
        assert server.requests == []
