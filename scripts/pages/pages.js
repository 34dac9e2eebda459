"use strict";
// Search: headings, and the rows and paragraphs below them, that hold all words.
(() => {
  const MOST = 60;
  const field = document.getElementById("find");
  const hits = document.getElementById("hits");
  const told = document.getElementById("told");
  const contents = document.getElementById("contents");
  const folded = (text) => text.normalize("NFKC").toLowerCase();
  const entries = [];
  for (const section of document.querySelectorAll("main > section")) {
    let title = "", anchor = section.id, page = "";
    for (const element of section.querySelectorAll("h1, h2, h3, h4, p, li, tr, pre")) {
      const text = element.textContent.replace(/\s+/g, " ").trim();
      const head = /^H[1-4]$/.test(element.tagName);
      if (head) { page ||= text; title = text === page ? page : page + " › " + text; anchor = element.id; }
      if (text) entries.push({ title, anchor, head, element, text, key: folded(title + " " + text) });
    }
  }
  const show = () => {
    const words = folded(field.value).split(/\s+/).filter(Boolean);
    hits.replaceChildren();
    contents.hidden = words.length > 0;
    if (!words.length) { told.textContent = ""; return; }
    const all = entries.filter((entry) => words.every((word) => entry.key.includes(word)));
    const seen = new Set();
    const found = [...all.filter((e) => e.head), ...all.filter((e) => !e.head)].filter((e) => {
      const key = e.anchor + "\n" + (e.head ? "" : e.text);
      if (seen.has(key)) return false;
      return seen.add(key);
    });
    told.textContent = found.length > MOST ? `${MOST} of ${found.length}` : `${found.length}`;
    for (const entry of found.slice(0, MOST)) {
      const item = document.createElement("li"), link = document.createElement("a");
      link.href = "#" + entry.anchor;
      link.textContent = entry.title;
      if (!entry.head) {
        link.addEventListener("click", () => setTimeout(() => entry.element.scrollIntoView({ block: "center" })));
      }
      item.append(link);
      if (!entry.head) {
        const snippet = document.createElement("small");
        const at = Math.max(0, folded(entry.text).indexOf(words[0]) - 40);
        snippet.textContent = (at ? "…" : "") + entry.text.slice(at, at + 120);
        item.append(snippet);
      }
      hits.append(item);
    }
  };
  field.addEventListener("input", show);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== field) { event.preventDefault(); field.focus(); }
    if (event.key === "Escape" && document.activeElement === field) { field.value = ""; show(); }
  });
})();
