/* Drawing a part of a layer on a canvas, in slices, so that the map never stands still for long. */
(() => {
  "use strict";
  const GRID = 2; // places for a vertex along a pixel: equal vertices stay equal on every scale
  const TINY_PX = 1.5; // features below are one dot
  const OUTLINE_PX = 6; // thin outlines of smaller features would turn the map grey
  const SEAM_PX = 0.5; // line around a fill, to close the seam to its neighbors
  const BATCH = 200; // features in one path
  const MOVING_MS = 7, RESTING_MS = 40; // work between two looks at the clock
  const QUIET = { color: "#d5dbe1", weight: 0.6, fill: "#f4f5f6", opacity: 1 };
  const queue = [];
  let running = false, moving = false;
  let idle = null; // told when nothing is left to draw

  gisland.moving = (is) => { moving = is; };

  /* Work through a generator, with breaks; false from `wanted` ends it, and `done` is told. */
  gisland.schedule = (work, wanted, done) => {
    queue.push({ work, wanted, done });
    if (!running) {
      running = true;
      setTimeout(turn);
    }
  };

  /* Resolves when everything scheduled is drawn. */
  gisland.drawn = () => new Promise((resolve) => {
    if (running) idle = [...(idle || []), resolve];
    else resolve();
  });

  function turn() {
    const until = performance.now() + (moving ? MOVING_MS : RESTING_MS);
    while (queue.length && performance.now() < until) {
      const { work, wanted, done } = queue[0];
      const still = wanted();
      let over = !still;
      while (!over && performance.now() < until) over = work.next().done;
      if (over) {
        queue.shift();
        done(still);
      }
    }
    running = queue.length > 0;
    if (running) setTimeout(turn, moving ? 4 : 0);
    else if (idle) {
      idle.forEach((resolve) => resolve());
      idle = null;
    }
  }

  /* Draw what touches a view: `left` and `top` of its corner and `units` of a pixel in units of
     the layer, `wide` and `high` in pixels, `ratio` of the canvas to a pixel. */
  gisland.paint = function* (context, layer, view) {
    const { shape } = layer, pad = 12 * view.units;
    const found = shape.index(view.left - pad, view.top - pad,
      view.left + view.wide * view.units + pad, view.top + view.high * view.units + pad);
    const parts = byClass(layer, found, view);
    context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    context.lineJoin = "round";
    for (const part of parts) yield* filled(context, layer, part, view);
    for (const part of parts) yield* outlined(context, layer, part, view);
    signs(context, layer, view);
  };

  /* Features by class, with the style of each; what a filter leaves out is quiet, or gone. */
  function byClass(layer, found, view) {
    const { box } = layer.shape, codes = layer.codes();
    const parts = layer.styles().map((style) => ({ style, ids: [], large: [] }));
    const quiet = { style: QUIET, ids: [], large: [] };
    for (const i of found) {
      if (layer.hidden.has(codes[i])) continue;
      const kept = !layer.keep || layer.keep(i);
      if (!kept && !layer.head.ground) continue;
      const part = kept ? parts[codes[i]] : quiet;
      part.ids.push(i);
      const reach = Math.max(box[4 * i + 2] - box[4 * i], box[4 * i + 3] - box[4 * i + 1]);
      if (reach >= OUTLINE_PX * view.units) part.large.push(i);
    }
    return [quiet, ...parts].filter((part) => part.ids.length);
  }

  function* filled(context, layer, { style, ids }, view) {
    if (!style.fill || !style.opacity) return;
    context.fillStyle = style.fill;
    context.globalAlpha = style.opacity;
    context.strokeStyle = style.fill; // or the ground would shine through between two paths
    context.lineWidth = SEAM_PX;
    for (let at = 0; at < ids.length; at += BATCH) {
      context.beginPath();
      for (let k = at; k < Math.min(ids.length, at + BATCH); k++)
        trace(context, layer.shape, ids[k], { ...view, only: 2 });
      context.fill("nonzero");
      if (style.opacity === 1) context.stroke();
      yield;
    }
    context.globalAlpha = 1;
  }

  function* outlined(context, layer, { style, ids, large }, view) {
    if (!style.weight) return;
    const share = layer.lineShare(view);
    const some = style.fill && style.weight <= 1 ? large : ids;
    context.strokeStyle = style.color;
    context.lineWidth = style.weight * share;
    context.setLineDash((style.dash || []).map((length) => length * Math.max(share, 0.5)));
    for (let at = 0; at < some.length; at += BATCH) {
      context.beginPath();
      for (let k = at; k < Math.min(some.length, at + BATCH); k++) trace(context, layer.shape, some[k], view);
      context.stroke();
      yield;
    }
    context.setLineDash([]);
  }

  /* Lines of one feature, each vertex on the grid and none twice in a row. */
  function trace(context, { first, start, dimension, xy, box, origin }, i, view) {
    const fine = GRID / view.units, west = Math.round((view.left + origin[0]) * fine);
    const north = Math.round((view.top + origin[1]) * fine);
    const wide = (box[4 * i + 2] - box[4 * i]) / view.units, high = (box[4 * i + 3] - box[4 * i + 1]) / view.units;
    const px = (x) => (Math.round((x + origin[0]) * fine) - west) / GRID;
    const py = (y) => (Math.round((y + origin[1]) * fine) - north) / GRID;
    if (wide < TINY_PX && high < TINY_PX && dimension[first[i]] === 2) {
      context.rect(px(box[4 * i]), py(box[4 * i + 1]), Math.max(wide, 1), Math.max(high, 1));
      return;
    }
    for (let line = first[i]; line < first[i + 1]; line++) {
      if (view.only !== undefined && dimension[line] < view.only && dimension[line] !== 0) continue;
      let v = start[line], x = px(xy[2 * v]), y = py(xy[2 * v + 1]);
      if (dimension[line] === 0) {
        context.moveTo(x + 6, y);
        context.arc(x, y, 6, 0, 2 * Math.PI);
        continue;
      }
      context.moveTo(x, y);
      for (v += 1; v < start[line + 1]; v++) {
        const nextX = px(xy[2 * v]), nextY = py(xy[2 * v + 1]);
        if (nextX !== x || nextY !== y) context.lineTo((x = nextX), (y = nextY));
      }
      if (dimension[line] === 2) context.closePath();
    }
  }

  /* Names of sites where they fit; signs of scraps all or none. */
  function signs(context, layer, view) {
    const fits = layer.fitting(view.units);
    if (!fits.length) return;
    const names = layer.head.names;
    context.font = `700 ${names ? 13 : 12}px ${layer.font()}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const sign of fits) {
      if (!layer.shows(sign.feature)) continue;
      const x = (sign.x - view.left) / view.units, y = (sign.y - view.top) / view.units;
      if (x < -200 || y < -20 || x > view.wide + 200 || y > view.high + 20) continue;
      const text = gisland.expand(sign.text), half = context.measureText(text).width / 2 + 3;
      context.fillStyle = names ? "rgb(255 255 255 / 82%)" : "#fff";
      context.fillRect(x - half, y - 9, 2 * half, 18);
      if (!names) {
        context.strokeStyle = "#1d1d1d";
        context.lineWidth = 1;
        context.strokeRect(x - half, y - 9, 2 * half, 18);
      }
      context.fillStyle = names ? "#0b2f66" : "#1c2733";
      context.fillText(text, x, y + 0.5);
    }
  }
})();
