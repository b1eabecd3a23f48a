"""Whether cases hold on a corpus: their papers state the facts and contain the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from evals.cases import Case, one_line
from evals.errors import EvalError
from evals.wording import states
from vectorstore.records import Record


def require_grounded(cases: Iterable[Case], records: Sequence[Record], evidence: bool) -> None:
    """Raise at the first flaw that `find_flaws` finds.

    Raises:
        EvalError: A case cannot be passed by any right answer over the records.
    """
    for _, flaw in find_flaws(cases, records, evidence):
        raise EvalError(flaw)


def find_flaws(
    cases: Iterable[Case], records: Sequence[Record], evidence: bool
) -> Iterator[tuple[Case, str]]:
    """(case, what is wrong) of each case that asks for what its papers do not hold.

    Args:
        cases: Resolved: their papers are record ids.
        records: The corpus.
        evidence: Whether the evidence must stand there too, word by word. A corpus of the same
            papers in other words states the facts and not the sentences.
    """
    known = {record.id: record for record in records}
    for case in cases:
        papers = [known[paper] for paper in case.papers]
        flaws = [*missing_facts(case, papers), *spans_beyond(case, papers)]
        if evidence:
            flaws += missing_evidence(case, papers)
        if flaws:
            yield case, f"{case.place}: {flaws[0]}"


def missing_facts(case: Case, papers: Sequence[Record]) -> Iterator[str]:
    """Each group of which no paper states an alternative."""
    texts = [f"{paper.title} {paper.abstract}" for paper in papers]
    for group in case.facts:
        if not any(states(text, fact) for text in texts for fact in group):
            yield (
                f"'facts' of case '{case.id}' asks for {' or '.join(map(repr, group))}; none of "
                f"its papers states that ({', '.join(case.papers)})."
            )


def missing_evidence(case: Case, papers: Sequence[Record]) -> Iterator[str]:
    """Each sentence that stands in none of the abstracts, white space apart."""
    texts = [one_line(paper.abstract) for paper in papers]
    for sentence in case.evidence:
        if not any(one_line(sentence) in text for text in texts):
            yield (
                f"'evidence' of case '{case.id}' holds {sentence[:60]!r}; expected words of the "
                f"abstract of one of its papers ({', '.join(case.papers) or 'none given'})."
            )


def spans_beyond(case: Case, papers: Sequence[Record]) -> Iterator[str]:
    """Each span that ends after the abstract does."""
    for start, end in case.spans:
        length = len(papers[0].abstract)
        if end > length:
            yield (
                f"'spans' of case '{case.id}' holds [{start}, {end}]; the abstract of "
                f"{case.papers[0]} has {length} characters."
            )
