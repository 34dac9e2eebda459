/* Lengths and areas on the ellipsoid of WGS 84; that of CGCS2000 differs by a tenth of a millimetre
   at the poles. */
(() => {
  "use strict";
  const A = 6378137, F = 1 / 298.257223563, E2 = F * (2 - F), E = Math.sqrt(E2);
  const rad = (degrees) => (degrees * Math.PI) / 180;

  /* Radii of curvature at a latitude, along the meridian and across it. */
  const radii = (lat) => {
    const w = 1 - E2 * Math.sin(lat) ** 2;
    return { along: (A * (1 - E2)) / w ** 1.5, across: A / Math.sqrt(w) };
  };

  function inSpace({ lat, lng }) {
    const up = rad(lat), east = rad(lng), { across } = radii(up);
    return [across * Math.cos(up) * Math.cos(east), across * Math.cos(up) * Math.sin(east),
            across * (1 - E2) * Math.sin(up)];
  }

  /* Between two places: the straight line through the earth, bent with the radius of the middle.
     Against geodesics: relative errors below 1e-9 up to 10 km, 1e-5 up to 1 000 km. */
  function distance(a, b) {
    const p = inSpace(a), q = inSpace(b), chord = Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
    const { along, across } = radii(rad((a.lat + b.lat) / 2)), turn = 2 * Math.sqrt(along * across);
    return turn * Math.asin(Math.min(1, chord / turn));
  }

  const length = (places) => places.slice(1).reduce((sum, place, i) => sum + distance(places[i], place), 0);

  /* Sine of the latitude on the sphere of equal area, before it is scaled to 1 at the pole. */
  const equal = (sine) => (1 - E2) * (sine / (1 - E2 * sine ** 2) + Math.atanh(E * sine) / E);
  const POLE = equal(1), SPHERE = A * Math.sqrt(POLE / 2);

  /* Of a polygon: its plane area after an equal-area projection (Lambert's, azimuthal) of the sphere
     of equal area about its middle. Areas are kept exactly; edges are straight instead of
     geodesic, which changes the area of figures up to 5 km by less than 1e-6 of it. */
  function area(places) {
    if (places.length < 3) return 0;
    const lat0 = places.reduce((sum, place) => sum + place.lat, 0) / places.length;
    const lng0 = places.reduce((sum, place) => sum + place.lng, 0) / places.length;
    const s0 = equal(Math.sin(rad(lat0))) / POLE, c0 = Math.sqrt(1 - s0 * s0);
    const flat = places.map(({ lat, lng }) => {
      const s = equal(Math.sin(rad(lat))) / POLE, c = Math.sqrt(1 - s * s), turn = rad(lng - lng0);
      const k = SPHERE * Math.sqrt(2 / (1 + s0 * s + c0 * c * Math.cos(turn)));
      return [k * c * Math.sin(turn), k * (c0 * s - s0 * c * Math.cos(turn))];
    });
    let twice = 0;
    flat.forEach(([x, y], i) => {
      const [nextX, nextY] = flat[(i + 1) % flat.length];
      twice += x * nextY - nextX * y;
    });
    return Math.abs(twice) / 2;
  }

  /* Metres on the ground of one unit of the web map's sphere, on average over all directions. */
  const ground = (lat) => {
    const { along, across } = radii(rad(lat));
    return (Math.sqrt(along * across) / A) * Math.cos(rad(lat));
  };

  gisland.geodesy = { length, area, ground };
})();
