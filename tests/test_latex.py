"""LaTeX made readable: exact results, prices left alone, hostile input in linear time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.latex import readable, searchable


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        (r"a 40$\times$ gain", "a 40× gain"),
        (r"speedups of $1.94 \times $ and $1.2 \times$.", "speedups of 1.94 × and 1.2 ×."),
        (r"from $1.3$B to $\sim14$B and $+25.28$", "from 1.3B to ~14B and +25.28"),
        (r"$\sim$3 hours", "~3 hours"),
        (r"modules ($\Phi$) and $\mathbf{\gamma}$", "modules (Φ) and γ"),
        (r"\textbf{Fast} \texttt{KV} \emph{and \textit{slow}}", "Fast KV and slow"),
        (r"80\% of R\&D in a\_b \#1 \$5", "80% of R&D in a_b #1 $5"),
        (r"\href{https://a.org/x_y}{our page}", "our page"),
        (r"\url{https://a.org/~x_y--z}", "https://a.org/~x_y--z"),
        (r"$\alpha \leq \beta \pm 2 \cdot x \to \infty$", "α ≤ β ± 2 · x → ∞"),
        (r"$x^2 + y_1$, $10^{-3}$, $x_{12}$", "x² + y₁, 10⁻³, x₁₂"),
        (r"10^6 samples of CO$_2$ and CO_{2}", "10⁶ samples of CO₂ and CO₂"),
        (r"$x_{i,j}$ and $f_{train}$", "x_(i,j) and f_train"),
        (r"$\frac{a}{b+c}$ and $\sqrt{n}$ at $45^\circ$", "a/(b+c) and √n at 45°"),
        (r"$\mathcal{O}(n\log n)$ in $\mathbb{R}^d$", "O(n log n) in ℝ^d"),
        (r"$\mathcal O(n)$ for $ n $", "O(n) for n"),
        (r"solve \(x^2\) or \[y_1\]", "solve x² or y₁"),
        (r"$$E = mc^2$$", "E = mc²"),
        (r"($>$13 bit)", "(>13 bit)"),
        (r"Erd\H{o}s, caf\'e, na{\"\i}ve, \c{c}a, M{\o}ller", "Erdős, café, naïve, ça, Møller"),
        (r"{\bf bold} {\it words}", "bold words"),
        (r"\LaTeX{} is \textcolor{red}{hot}", "LaTeX is hot"),
        ("early -- late --- over 1--2", "early – late — over 1–2"),
        ("Fig.~3 of Table~B", "Fig. 3 of Table B"),
        ("``quoted''", "“quoted”"),
        (r"H\textsubscript{2}O", "H₂O"),
        (r"$1{,}000$ at 5\,km", "1,000 at 5 km"),
        (r"{\cal A} $\left\{ x \right\}$", "A { x }"),
    ],
)
def test_latex_is_written_in_unicode(given_text: str, expected: str) -> None:
    assert readable(given_text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $10",
        "from $5, $10 or $5/$10 to $5–$10",
        "a budget of $8 billion",
        "pay $5 for item_1 today or 6$ later",
        "100% of cases",
        "an unbalanced { brace",
        "an unbalanced } brace",
        "UCGM-{T,S}",
        "file_1 and GPT_4",
        r"C:\new and \foo{bar}",
        r"\\server",
        "run it with --flag",
        "about ~5 of them, see http://a.org/~me",
        "it''s",
        'he said \\"the word\\" once',
        "$",
        "\\",
        "{}",
        "",
    ],
)
def test_what_is_no_latex_stays(text: str) -> None:
    assert readable(text) == text


@given(st.text(alphabet=st.characters(exclude_characters="\\${}^_~-`", codec="utf-8")))
def test_text_without_latex_stays(text: str) -> None:
    assert readable(text) == text


@given(st.text(alphabet="ab1 \\${}^_~-`'\"\n") | st.text())
def test_no_text_fails(text: str) -> None:
    assert isinstance(readable(text), str)


@pytest.mark.parametrize(
    "unit",
    [
        "{",
        "}",
        "$",
        "\\",
        "\\textbf{",
        "^{",
        "_{",
        "$x",
        "\\frac{a}{",
        "\\hat{ ",
        "--a",
        "\\href{}{",
    ],
)
@pytest.mark.parametrize("end", ["", "}" * 20_000])
def test_hostile_text_takes_linear_time(unit: str, end: str) -> None:
    text = (unit * 100_000)[:100_000] + end
    start = time.perf_counter()
    readable(text)
    assert time.perf_counter() - start < 3.0


def test_searchable_text_is_in_the_forms_that_people_type() -> None:
    assert searchable(r"a 40$\times$ gain -- “so–called”") == 'a 40x gain - "so-called"'


def test_passage_and_question_meet_in_searchable_text() -> None:
    assert searchable(r"40$\times$") == searchable("40×") == searchable("40x")
