// What only the browser can do: keep conversations, show quotes, copy, download, announce.
// No text is ever put into the page as markup here: only as text.
window.quoth = (() => {
  "use strict";
  const PREFIX = "quoth:conversation:";
  const CURRENT = "quoth:current";
  const MAX_TITLE = 80;
  const REGIONS = [
    ["side", "Conversations and library"],
    ["talk", "Conversation"],
    ["pane", "Evidence"],
  ];
  const panel = { element: null, trigger: null };
  let announced = 0;
  let unseen = false;

  // --- Conversations, one key each, so that two tabs do not write over one another.

  const read = (id) => {
    try {
      return JSON.parse(localStorage.getItem(PREFIX + id));
    } catch {
      return null;
    }
  };

  const all = () =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX))
      .map((key) => ({ id: key.slice(PREFIX.length), ...read(key.slice(PREFIX.length)) }))
      .filter((item) => typeof item.turns === "string" && typeof item.title === "string")
      .sort((left, right) => right.updated - left.updated);

  const write = (id, item) => {
    try {
      localStorage.setItem(PREFIX + id, JSON.stringify(item));
    } catch {
      announce("This browser's store is full: delete a conversation to keep this one.", true);
    }
  };

  const save = (turns) => {
    if (!turns) return;
    let id = sessionStorage.getItem(CURRENT);
    if (!id) {
      id = crypto.randomUUID ? crypto.randomUUID() : String(Date.now()) + Math.random();
      sessionStorage.setItem(CURRENT, id);
    }
    const known = read(id);
    const title = known?.title ?? JSON.parse(turns).turns[0].question.slice(0, MAX_TITLE);
    write(id, { title, updated: Date.now(), turns });
    draw();
  };

  const current = () => read(sessionStorage.getItem(CURRENT))?.turns ?? "";

  const begin = () => {
    sessionStorage.removeItem(CURRENT);
    draw();
    closeSide();
    close();
    focus();
    return ["", "", ""];
  };

  // --- The list of conversations.

  const button = (text, label, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    if (label) made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  };

  const rename = (item) => {
    const title = prompt("Name of this conversation", item.title)?.trim();
    if (!title) return;
    const { id, ...rest } = item;
    write(id, { ...rest, title: title.slice(0, MAX_TITLE) });
    draw();
  };

  const remove = (item) => {
    if (!confirm(`Delete “${item.title}” from this browser?`)) return;
    localStorage.removeItem(PREFIX + item.id);
    if (sessionStorage.getItem(CURRENT) === item.id) {
      document.querySelector("#begin")?.click();
    }
    draw();
  };

  const row = (item) => {
    const made = document.createElement("li");
    const opener = button(item.title, "", () => {
      sessionStorage.setItem(CURRENT, item.id);
      panel.trigger("select", {});
    });
    opener.className = "title";
    if (sessionStorage.getItem(CURRENT) === item.id) opener.setAttribute("aria-current", "true");
    const when = document.createElement("time");
    when.textContent = new Date(item.updated).toLocaleDateString();
    made.append(
      opener,
      when,
      button("Rename", `Rename ${item.title}`, () => rename(item)),
      button("Delete", `Delete ${item.title}`, () => remove(item)),
    );
    return made;
  };

  const draw = () => {
    const list = panel.element?.querySelector("#kept-list");
    if (!list) return;
    const wanted = panel.element.querySelector("#kept-search").value.toLowerCase();
    const items = all().filter(
      (item) => !wanted || (item.title + item.turns).toLowerCase().includes(wanted),
    );
    list.replaceChildren(...items.map(row));
  };

  const list = (element, trigger) => {
    panel.element = element;
    panel.trigger = trigger;
    element.addEventListener("input", draw);
    for (const [id, label] of REGIONS) {
      const place = document.getElementById(id);
      place?.setAttribute("role", "region");
      place?.setAttribute("aria-label", label);
    }
    draw();
  };

  // --- Asking.

  const box = () => document.querySelector("#question textarea, #question input");
  const focus = () => box()?.focus();

  const started = () => {
    document.body.dataset.asking = "";
    announced = 0;
    watch();
    unseen = true;
  };

  const ended = (kept) => {
    delete document.body.dataset.asking;
    save(kept);
    announceEnd();
    if (document.activeElement === document.body) focus();
  };

  const stopped = (asked) => {
    delete document.body.dataset.asking;
    document.querySelector("#current .turn")?.classList.add("stopped");
    announce("Stopped.");
    return box()?.value || asked;
  };

  const linked = () => {
    const question = new URLSearchParams(location.search).get("q") ?? "";
    if (question) setTimeout(focus, 100);
    return question.slice(0, 4000);
  };

  const opened = () => {
    draw();
    closeSide();
    document.querySelector("#past .turn:last-child")?.scrollIntoView({ block: "start" });
  };

  // --- For those who listen: each sentence once, as it comes.

  const announce = (text, aloud = false) => {
    const place = document.querySelector("#announcer");
    if (!place) return;
    const line = document.createElement("p");
    line.textContent = text;
    place.append(line);
    while (place.children.length > 20) place.firstChild.remove();
    if (aloud) alert(text);
  };

  const announceNew = () => {
    const sentences = [...document.querySelectorAll("#current .sentence")];
    sentences.slice(announced).forEach((item) => announce(item.textContent));
    announced = Math.max(announced, sentences.length);
  };

  const announceEnd = () => {
    announceNew();
    const said = document.querySelector("#current .verdict, #current .notice");
    if (said) announce(said.textContent);
    const held = document.querySelector("#current .facts .confidence");
    if (held) announce(held.textContent);
  };

  const watch = () => {
    const place = document.querySelector("#current");
    if (!place || place.dataset.watched) return;
    place.dataset.watched = "";
    const seen = () => {
      // Later, since the turns above it are drawn after it.
      if (unseen) setTimeout(() => place.scrollIntoView({ block: "start" }), 80);
      unseen = false;
      announceNew();
    };
    new MutationObserver(seen).observe(place, { childList: true, subtree: true });
  };

  // --- The evidence.

  let opener = null;

  const reveal = () => {
    document.body.dataset.pane = "";
    closeSide();
    requestAnimationFrame(() => {
      const mark = document.querySelector("#evidence mark");
      mark?.scrollIntoView({ block: "center" });
      (mark ?? document.querySelector("#pane .close"))?.focus({ preventScroll: true });
    });
  };

  const close = () => {
    delete document.body.dataset.pane;
    if (opener?.isConnected) opener.focus({ preventScroll: true });
  };

  const closeSide = () => delete document.body.dataset.side;

  const toggleSide = () => {
    if ("side" in document.body.dataset) closeSide();
    else document.body.dataset.side = "";
  };

  const card = () => {
    let made = document.querySelector("#quote-card");
    if (!made) {
      made = document.createElement("div");
      made.id = "quote-card";
      made.setAttribute("role", "tooltip");
      made.hidden = true;
      document.body.append(made);
    }
    return made;
  };

  const showCard = (mark) => {
    const made = card();
    const quote = document.createElement("p");
    quote.textContent = `“${mark.dataset.quote}”`;
    const title = document.createElement("cite");
    title.textContent = mark.dataset.title;
    made.replaceChildren(quote, title);
    made.hidden = false;
    const at = mark.getBoundingClientRect();
    const left = Math.min(at.left, innerWidth - made.offsetWidth - 12);
    const above = at.top - made.offsetHeight - 8;
    made.style.left = `${Math.max(12, left)}px`;
    made.style.top = `${above > 8 ? above : at.bottom + 8}px`;
    mark.setAttribute("aria-describedby", "quote-card");
  };

  const hideCard = () => {
    card().hidden = true;
  };

  for (const kind of ["mouseover", "focusin"]) {
    addEventListener(kind, (event) => {
      const mark = event.target.closest?.(".mark");
      if (mark) showCard(mark);
      else hideCard();
    });
  }
  addEventListener("scroll", hideCard, true);
  addEventListener(
    "keydown",
    (event) => {
      const sends = event.key === "Enter" && !event.shiftKey && event.target === box();
      if (!sends || !("asking" in document.body.dataset)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    hideCard();
    if ("side" in document.body.dataset) closeSide();
    else close();
  });

  // --- What a click means.

  const copy = async (from) => {
    try {
      await navigator.clipboard.writeText(from.dataset.copy);
    } catch {
      const area = document.createElement("textarea");
      area.value = from.dataset.copy;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    from.textContent = "Copied";
    announce("Copied.");
    setTimeout(() => (from.textContent = "Copy with references"), 1500);
  };

  const clicked = (event, trigger) => {
    const found = event.target.closest("button");
    if (!found) return;
    const data = found.dataset;
    if ("record" in data) {
      hideCard();
      opener = found;
      trigger("select", { record: data.record, start: +data.start, end: +data.end });
    } else if ("question" in data) trigger("select", { question: data.question });
    else if ("chip" in data) trigger("select", { chip: data.chip });
    else if ("copy" in data) copy(found);
    else if ("close" in data) close();
    else if ("side" in data) toggleSide();
    else if ("remove" in data && confirm("Remove this paper from the library?")) {
      trigger("select", { remove: data.remove });
    }
  };

  const KINDS = {
    md: "text/markdown",
    json: "application/json",
    bib: "application/x-bibtex",
    ris: "application/x-research-info-systems",
  };

  const download = (text, kind) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: KINDS[kind] }));
    link.download = `quoth.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  return {
    begin, clicked, close, chosen: current, current, download, ended, focus, linked, list,
    opened, reveal, started, stopped,
  };
})();
