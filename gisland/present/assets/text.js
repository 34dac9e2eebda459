/* Text of the page in both languages, and the elements that show it.
   Text holds references to the catalog (a number between two marks, with what goes into its
   places); they are looked up in the language chosen. Text from data reaches the page through
   textContent and attributes alone, never as markup. */
const gisland = (() => {
  "use strict";
  const OPEN = "\ufdd0", ARGUMENT = "\ufdd1", CLOSE = "\ufdd2", MARKS = /([\ufdd0-\ufdd2])/;
  const TAGS = { zh: "zh-CN", en: "en" };
  const read = (name) => JSON.parse(document.getElementById("gisland-" + name).textContent);
  const { entries, words, ...rest } = read("texts");
  const state = { language: rest.language };
  const listeners = [];

  /* Text that turns the order of what stands beside it is set apart from that, and closed. */
  const TURNS = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]/;
  function apart(text) {
    if (!TURNS.test(text)) return text;
    let depth = 0;
    const sign = (c) => {
      if (c === "\u2069" && depth === 0) return "\ufffd"; // would end what is begun here
      depth += "\u2066\u2067\u2068".includes(c) - (c === "\u2069");
      return c;
    };
    const line = (part) => (depth = 0, "\u2068" + [...part].map(sign).join("") + "\u2069".repeat(depth + 1));
    return text.split(/([\n\u2029]+)/).map((part) => (TURNS.test(part) ? line(part) : part)).join("");
  }

  /* Text in the language of the page. */
  function expand(text) {
    if (typeof text !== "string" || !text.includes(OPEN)) return text;
    const levels = [[""]]; // of each open reference: its number, then its arguments
    for (const part of text.split(MARKS)) {
      const level = levels[levels.length - 1];
      if (part === OPEN) levels.push([""]);
      else if (part === ARGUMENT && levels.length > 1) level.push("");
      else if (part === CLOSE && levels.length > 1) {
        const [number, ...values] = levels.pop(), outer = levels[levels.length - 1];
        const entry = entries[state.language].at(number) ?? "";
        outer[outer.length - 1] += entry.replace(/\{(\d+)\}/g, (_, i) => values[i]);
      } else level[level.length - 1] += part;
    }
    return levels.flat().join("");
  }

  /* One of the page's own words; values go into its places in the order of their names. */
  function word(key, ...values) {
    const text = words[key];
    return values.length ? text.slice(0, -1) + values.map((v) => ARGUMENT + apart(String(v))).join("") + CLOSE : text;
  }

  /* Put text into an element, or an attribute of it, and keep it there when the language changes. */
  function tell(element, text, place = "textContent") {
    if (!element.told) element.told = {};
    element.told[place] = text;
    show(element, place);
  }

  function show(element, place) {
    const text = expand(element.told[place]);
    if (place === "textContent") element.textContent = text;
    else element.setAttribute(place, text);
  }

  function node(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined && text !== null) tell(made, text);
    return made;
  }

  function button(className, text, onclick) {
    const made = node("button", className, text);
    made.type = "button";
    made.onclick = onclick;
    return made;
  }

  /* A choice in a list. */
  function option(text, value) {
    const made = node("option", "", text);
    made.value = value;
    return made;
  }

  function speak(language) {
    if (!entries[language] || language === state.language) return;
    state.language = language;
    document.documentElement.lang = TAGS[language];
    for (const element of document.querySelectorAll("*"))
      for (const place in element.told || {}) show(element, place);
    for (const listener of listeners) listener(language);
  }

  /* A number without its decimal point as it is printed. */
  function decimal(whole, digits) {
    const plain = (Math.abs(whole) / 10 ** digits).toFixed(digits);
    const grouped = plain.replace(/^\d+/, (n) => n.replace(/\B(?=(\d{3})+$)/g, ","));
    return (whole < 0 ? "-" : "") + grouped;
  }

  return {
    read, expand, apart, word, tell, node, button, option, speak, decimal,
    language: () => state.language,
    onLanguage: (listener) => listeners.push(listener),
    starts: [], // functions of the map, called when everything is around it
    layers: [], // every layer of gisland on the map, bottom first
  };
})();
