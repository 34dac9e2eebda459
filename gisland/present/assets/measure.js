/* Measuring: points are set by clicks, or by keys at the middle of the map. */
(() => {
  "use strict";
  const { word, tell, node, button, decimal, geodesy } = gisland;
  const MU_M2 = 10000 / 15; // a mu
  const SAME_PX = 3; // the second click of a double click sets no point
  const LOOK = { color: "#b3261e", weight: 2.5, interactive: false, pane: "gi-measure" };
  const state = { kind: null, places: [], pointer: null, drawing: null, panel: null };

  const numeral = (value, digits) => decimal(Math.round(value * 10 ** digits), digits);
  const metres = (m) => (m < 1000 ? word("metres", numeral(m, 1)) : word("kilometres", numeral(m / 1000, 3)));

  function told() {
    const { kind, places } = state;
    if (places.length < 2) return word(kind === "area" ? "measure_area_help" : "measure_length_help");
    if (kind === "length") return word("length_is", metres(geodesy.length(places)));
    const m2 = geodesy.area(places), edge = geodesy.length([...places, places[0]]);
    return word("area_is", metres(edge), numeral(m2, 1), numeral(m2 / MU_M2, 3));
  }

  function draw(map) {
    if (state.drawing) state.drawing.remove();
    const { kind, places, pointer } = state, drawn = pointer ? [...places, pointer] : places;
    const shapes = places.map((place) => L.circleMarker(place, { ...LOOK, radius: 3, fill: true, fillOpacity: 1 }));
    if (drawn.length > 1)
      shapes.push(kind === "area" ? L.polygon(drawn, { ...LOOK, fillOpacity: 0.12 }) : L.polyline(drawn, LOOK));
    for (const shape of shapes) shape.options.renderer = state.renderer;
    state.drawing = L.layerGroup(shapes).addTo(map);
  }

  /* Said only when a point is set or taken back: the pointer moves too often to be read aloud. */
  const say = () => tell(state.result, told());

  function add(map, place) {
    const last = state.places[state.places.length - 1];
    const near = last && map.latLngToContainerPoint(last).distanceTo(map.latLngToContainerPoint(place)) < SAME_PX;
    if (!near) state.places.push(place);
    state.pointer = null;
    draw(map);
    say();
  }

  function finish(map) {
    if (state.places.length < (state.kind === "area" ? 3 : 2)) return gisland.measure(map, null);
    state.pointer = null;
    draw(map);
    stop(map);
  }

  /* The clicks go back to the map; what was measured stays. */
  function stop(map) {
    if (!state.active) return;
    state.active = gisland.busy = false;
    map.off("click", state.onclick).off("mousemove", state.onmove).off("dblclick", state.onend);
    map.getContainer().removeEventListener("keydown", state.onkey, true);
    map.getContainer().classList.remove("gi-measuring", "gi-aiming");
    if (state.zooms) map.doubleClickZoom.enable();
    map.fire("gi-measure", { kind: null });
  }

  function key(map, event) {
    if (event.target !== map.getContainer()) return;
    const aim = () => map.getContainer().classList.add("gi-aiming");
    const act = {
      " ": () => { aim(); add(map, map.getCenter()); },
      Enter: () => finish(map),
      Escape: () => gisland.measure(map, null),
      Backspace: () => { state.places.pop(); state.pointer = null; draw(map); say(); },
    }[event.key];
    if (event.key.startsWith("Arrow")) aim();
    if (!act) return;
    act();
    event.preventDefault();
    event.stopPropagation();
  }

  function start(map, kind) {
    Object.assign(state, { kind, places: [], pointer: null, active: true });
    gisland.busy = true;
    map.closePopup();
    if (!map.getPane("gi-measure")) {
      map.createPane("gi-measure").style.zIndex = 640;
      map.getPane("gi-measure").style.pointerEvents = "none";
      state.renderer = L.svg({ pane: "gi-measure" });
    }
    state.onclick = ({ latlng }) => add(map, latlng);
    state.onmove = ({ latlng }) => { if (state.places.length) { state.pointer = latlng; draw(map); } };
    state.onend = () => finish(map);
    state.onkey = (event) => key(map, event);
    state.zooms = map.doubleClickZoom.enabled();
    map.doubleClickZoom.disable();
    map.on("click", state.onclick).on("mousemove", state.onmove).on("dblclick", state.onend);
    map.getContainer().addEventListener("keydown", state.onkey, true); // before others see it
    map.getContainer().classList.add("gi-measuring");
    map.getContainer().focus({ preventScroll: true });
    state.panel.classList.remove("gi-hidden");
    say();
    map.fire("gi-measure", { kind });
  }

  /* Where the result is told. */
  gisland.measured = (map) => {
    state.panel = node("div", "gi-measured gi-hidden");
    state.result = node("p");
    state.result.setAttribute("role", "status");
    state.panel.append(state.result, button("", word("clear"), () => {
      gisland.measure(map, null);
      map.getContainer().focus({ preventScroll: true });
    }));
    return state.panel;
  };

  /* Measure a "length" or an "area"; null clears. */
  gisland.measure = (map, kind) => {
    stop(map);
    if (state.drawing) state.drawing.remove();
    state.drawing = null;
    state.places = [];
    state.panel.classList.add("gi-hidden");
    if (kind) start(map, kind);
  };
})();
