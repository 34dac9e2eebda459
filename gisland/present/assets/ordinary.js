/* What folium's own markers and popups expect of a page, without jQuery and without files. */
(() => {
  "use strict";
  /* folium's popups ask for the first element of some markup, and for nothing else of jQuery. */
  if (!window.$)
    window.$ = (markup) => [new DOMParser().parseFromString(markup, "text/html").body.firstElementChild];

  /* Leaflet looks for the picture of its marker in its style sheet, where it is inline here. */
  const probe = document.createElement("div");
  probe.className = "leaflet-default-icon-path";
  document.body.append(probe);
  const picture = /^url\("?(data:[^"]*)"?\)$/.exec(getComputedStyle(probe).backgroundImage);
  probe.remove();
  if (picture) {
    delete L.Icon.Default.prototype._getIconUrl;
    L.Icon.Default.mergeOptions({ iconUrl: picture[1], iconRetinaUrl: picture[1], shadowUrl: "" });
  }
})();
