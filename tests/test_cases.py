"""Question cases: the loader's messages, papers by key, and what counts as a right answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import evals
from evals.cases import Case, is_complete, is_correct, load_cases, resolve
from evals.errors import EvalError
from evals.wording import fold, states
from vectorstore.records import Record

FACT = {
    "kind": "fact",
    "papers": ["Moth"],
    "question": "When do moths fly?",
    "answerable": True,
    "facts": [["at night", "by night"]],
    "evidence": ["Moths fly at night."],
    "reason": "",
}
MISS = {
    "kind": "near_miss",
    "papers": ["Moth"],
    "question": "How far do moths fly?",
    "answerable": False,
    "reason": "distance not stated",
}
RECORDS = [
    Record("a:1", "Moths", "Moths fly\nat night."),
    Record("a:2", "Bees", "Bees dance by day."),
    Record("a:3", "Wasps", "Wasps sting by day."),
]


def write(path: Path, *items: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return path


def failure(path: Path) -> str:
    with pytest.raises(EvalError) as caught:
        load_cases(path)
    return str(caught.value)


def case(kind: str = "fact", facts: object = (("4",),), papers: object = ("a:1",)) -> Case:
    return Case("c", kind, "?", True, tuple(papers), tuple(facts))  # type: ignore[arg-type]


def test_a_case_is_read_with_its_place(tmp_path: Path) -> None:
    path = write(tmp_path / "moths.jsonl", FACT)
    assert load_cases(path) == [
        Case(
            id="moths:1",
            kind="fact",
            question="When do moths fly?",
            answerable=True,
            papers=("Moth",),
            facts=(("at night", "by night"),),
            evidence=("Moths fly at night.",),
            place=f"{path}, line 1",
        )
    ]


def test_a_case_may_name_itself_and_what_was_asked_before(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", {**MISS, "id": "far", "history": ["And moths?"]})
    (read,) = load_cases(path)
    assert (read.id, read.history) == ("far", ("And moths?",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "unknown field 'colour'; known: id, kind, papers, question, "
         "answerable, facts, evidence, spans, reason, history, standalone, stray, draft."),
        ({"kind": "riddle"}, "'kind' is 'riddle'; expected one of fact, facts, definition, yesno, "
         "which_papers, comparison, paraphrase, follow_up, near_miss, off_topic, hostile."),
        ({"question": " "}, "'question' is ' '; expected a string."),
        ({"answerable": "yes"}, "'answerable' is 'yes'; expected true or false."),
        ({"papers": "Moth"}, "'papers' is 'Moth'; expected a list of strings."),
        ({"papers": []}, "'papers' is empty; an answerable case needs it."),
        ({"facts": []}, "'facts' is empty; an answerable case needs it."),
        ({"facts": ["at night"]}, "'facts' is ['at night']; expected a list of lists of strings, "
         "none of them empty."),
        ({"facts": [[]]}, "'facts' is [[]]; expected a list of lists of strings, none of them "
         "empty."),
        ({"facts": [["$"]]}, "'facts' holds '$', which says nothing."),
        ({"reason": None}, "'reason' is None; expected a string."),
        ({"history": [3]}, "'history' is [3]; expected a list of strings."),
        ({"spans": [[5, 2]]}, "'spans' is [[5, 2]]; expected a list of [start, end] pairs."),
        ({"id": 7}, "'id' is 7; expected a string."),
        ({"id": ""}, "'id' is ''; expected a string."),
        ({"kind": 3}, "'kind' is 3; expected a string."),
        ({"question": ["When?"]}, "'question' is ['When?']; expected a string."),
        ({"answerable": 1}, "'answerable' is 1; expected true or false."),
        ({"answerable": None}, "'answerable' is None; expected true or false."),
        ({"papers": ["Moth", " "]}, "'papers' is ['Moth', ' ']; expected a list of strings."),
        ({"facts": {"when": "night"}}, "'facts' is {'when': 'night'}; expected a list of lists of "
         "strings, none of them empty."),
        ({"facts": [["at night", 4]]}, "'facts' is [['at night', 4]]; expected a list of lists of "
         "strings, none of them empty."),
        ({"evidence": "Moths fly."}, "'evidence' is 'Moths fly.'; expected a list of strings."),
        ({"evidence": None}, "'evidence' is None; expected a list of strings."),
        ({"history": "And moths?"}, "'history' is 'And moths?'; expected a list of strings."),
        ({"spans": [[0, 9]], "papers": ["Moth", "Bee"]}, "'spans' is given, and 'papers' names 2; "
         "expected one paper, whose abstract the offsets count in."),
        ({"kind": "near_miss"}, "'answerable' must be false where 'kind' is near_miss."),
        ({"kind": "off_topic"}, "'answerable' must be false where 'kind' is off_topic."),
        ({"kind": "follow_up"}, "'history' is empty; a follow_up case needs it."),
        ({"answerable": False}, "'answerable' must be true where 'kind' is fact."),
        ({"draft": "yes"}, "'draft' is 'yes'; expected true or false."),
        ({"draft": True}, "a draft that nobody has accepted. Read it beside its paper; then delete "
         "'\"draft\": true' to accept it, or delete the line."),
        ({"spans": [[0, True]]}, "'spans' is [[0, True]]; expected a list of [start, end] pairs."),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_used(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = write(tmp_path / "x.jsonl", FACT, {**FACT, **change})
    assert failure(path) == f"{path}, line 2: {message}"


def test_a_missing_field_is_called_missing(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", {key: FACT[key] for key in FACT if key != "question"})
    assert failure(path) == f"{path}, line 1: 'question' is missing; expected a string."


def test_an_unanswerable_case_needs_a_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", {**MISS, "reason": ""})
    assert failure(path) == f"{path}, line 1: 'reason' is empty; an unanswerable case needs it."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"papers": []}, "'papers' is empty; a near_miss case needs it."),
        ({"kind": "off_topic"}, "'papers' is given; an off_topic case has none."),
    ],
)
def test_the_papers_of_an_unanswerable_case_fit_its_kind(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = write(tmp_path / "x.jsonl", {**MISS, **change})
    assert failure(path) == f"{path}, line 1: {message}"


def test_an_accepted_draft_is_a_case(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", {**FACT, "draft": False})
    assert [case.id for case in load_cases(path)] == ["x:1"]


@pytest.mark.parametrize("kind", ["follow_up", "hostile"])
@pytest.mark.parametrize("base", [FACT, MISS])
def test_some_kinds_may_be_answerable_or_not(
    tmp_path: Path, kind: str, base: dict[str, object]
) -> None:
    path = write(tmp_path / "x.jsonl", {**base, "kind": kind, "history": ["And moths?"]})
    assert [case.answerable for case in load_cases(path)] == [base["answerable"]]


def test_a_byte_order_mark_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("\ufeff" + json.dumps(FACT) + "\r\n\r\n" + json.dumps(MISS), "utf-8")
    assert [case.id for case in load_cases(path)] == ["x:1", "x:3"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"kind": "fact",}', "not JSON ("),
        ("kind: fact", "not JSON (Expecting value: line 1 column 1 (char 0))."),
        ('["fact"]', "found list; expected a JSON object."),
    ],
)
def test_a_line_that_is_no_json_object(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(FACT) + "\n" + line + "\n")
    assert failure(path).startswith(f"{path}, line 2: {message}")


def test_a_file_that_is_not_utf8_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(json.dumps(FACT).encode() + b"\n\xff\n")
    assert failure(path) == f"{path}, line 2: not UTF-8 (invalid start byte)."
    assert (
        failure(tmp_path / "y") == f"{tmp_path / 'y'}: cannot be read (No such file or directory)."
    )


def test_an_unanswerable_case_has_no_facts(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", {**MISS, "facts": [["3 km"]]})
    assert failure(path) == f"{path}, line 1: 'facts' is given; an unanswerable case has none."


def test_an_id_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", {**MISS, "id": "m"}, {**MISS, "id": "m"})
    assert failure(path) == f"{path}, line 2: the id 'm' is that of {path}, line 1 too."


def test_a_file_without_cases_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl")
    assert failure(path) == f"{path}: no cases found; expected one JSON object a line."


def test_a_paper_is_named_by_its_id_or_by_words_of_it() -> None:
    (found,) = resolve([case(papers=("a:2", "fly at night", "Wasps"))], RECORDS)
    assert found.papers == ("a:2", "a:1", "a:3")


@pytest.mark.parametrize(
    ("key", "fits"),
    [("by day", "2 records: a:2, a:3"), ("a:9", "no record")],
)
def test_a_paper_that_is_not_one_record_is_refused(key: str, fits: str) -> None:
    with pytest.raises(EvalError) as caught:
        resolve([Case("c7", "fact", "?", True, (key,), (("x",),), place="f, line 7")], RECORDS)
    assert str(caught.value) == (
        f"f, line 7: the paper '{key}' of case 'c7' fits {fits} (of 3); "
        "expected a record id, or a string that occurs in one record."
    )


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("A  Red\nMOTH", "a red moth"),
        ("speedups of $1.94 \\times $ and 1.2x", "speedups of 1.94 x and 1.2 x"),
        ("a 2\u00d7 gain", "a 2 x gain"),
        ("10 \\times 10 px", "10 x 10 px"),
        ("13.6\\% of $\\mathbf{x}_{1}$", "13.6% of x_1"),
        ("13.6 %", "13.6%"),
        ("\uff11\uff12\uff05", "12%"),
        ("state\u2011of\u2013the\u2014art", "state-of-the-art"),
        ("Kepler\u2019s", "kepler's"),
        ("$$", ""),
    ],
)
def test_folding_leaves_the_words(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("text", ["40", "4.5", "1.4", "14", "4,000", "1,4", "4b", "v4"])
def test_a_number_is_not_found_inside_another(text: str) -> None:
    assert not states(f"It is {text} here.", "4")


@pytest.mark.parametrize("text", ["4", "4.", "(4)", "$4$", "4%", "4 x", "4x", "4-bit", "3, 4, 5"])
def test_a_number_is_found_whole(text: str) -> None:
    assert states(f"It is {text}", "4")


def test_a_fact_is_found_whatever_its_case_and_latex() -> None:
    text = "Speedups of $1.94 \\times $ on IMAGENET-1K"
    assert states(text, "1.94\u00d7 on ImageNet-1k")
    assert states(text, "1.94")
    assert not states(text, "1.9")


def test_an_answer_must_state_one_alternative_of_every_group() -> None:
    both = case("facts", facts=(("4", "four"), ("moths",)))
    assert is_correct(both, "Four moths.", {"a:1"})
    assert not is_correct(both, "Four bees.", {"a:1"})


def test_an_answer_must_cite_a_paper_that_answers() -> None:
    assert not is_correct(case(), "It is 4.", {"a:2"})
    assert is_correct(case(papers=("a:1", "a:2")), "It is 4.", {"a:2"})


@pytest.mark.parametrize("kind", ["which_papers", "comparison"])
def test_some_kinds_must_cite_all_papers(kind: str) -> None:
    wanted = case(kind, papers=("a:1", "a:2"))
    assert not is_correct(wanted, "It is 4.", {"a:2"})
    assert is_correct(wanted, "It is 4.", {"a:2", "a:1", "a:3"})


def test_a_follow_up_is_complete_with_all_that_it_takes_and_nothing_stray(tmp_path: Path) -> None:
    groups = [["moth", "LanternNet"], ["Owlet"]]
    added = {"history": ["How many moths?"], "standalone": groups, "stray": ["Sphinx"]}
    (read,) = load_cases(write(tmp_path / "x.jsonl", {**MISS, **added}))
    assert is_complete(read, "How good is LanternNet on owlet?")
    assert not is_complete(read, "How good is it on Owlet?")
    assert not is_complete(read, "How good is LanternNet on Sphinx and Owlet?")


@pytest.mark.parametrize(
    "name",
    sorted(
        path.name
        for path in (Path(evals.__path__[0]) / "cases").glob("*.jsonl")
        if path.name not in ("drafts.jsonl", "drafts_fresh.jsonl", "false_claims.jsonl")
    ),
)
def test_every_file_of_cases_that_comes_along_can_be_read(name: str) -> None:
    assert load_cases(Path(evals.__path__[0]) / "cases" / name)
