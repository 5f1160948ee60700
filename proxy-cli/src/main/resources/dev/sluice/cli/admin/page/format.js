// Figures as people read them: with their units, and as many digits as can be trusted.

export const NONE = '–';

const grouped = new Intl.NumberFormat('en', {maximumFractionDigits: 0});
const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

const known = value => typeof value === 'number' && Number.isFinite(value);

/** Three digits: 1.23, 12.3, 123. */
function digits(value) {
  if (value === 0) {
    return '0';
  }
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

export function count(value) {
  return known(value) ? grouped.format(value) : NONE;
}

export function bytes(value) {
  if (!known(value)) {
    return NONE;
  }
  let unit = 0;
  let size = value;
  while (size >= 999.5 && unit < binary.length - 1) {
    size /= 1024;
    unit++;
  }
  return (unit === 0 ? String(Math.round(size)) : digits(size)) + ' ' + binary[unit];
}

/** The same beside an axis. */
export function bytesShort(value) {
  return bytes(value).replace(/\.0+ /, ' ');
}

export function bytesPerSecond(value) {
  return known(value) ? bytes(value) + '/s' : NONE;
}

export function perSecond(value) {
  return known(value) ? (value >= 99.95 ? grouped.format(value) : digits(value)) + '/s' : NONE;
}

/** A short time, by its parts of a second. */
export function micros(value) {
  if (!known(value)) {
    return NONE;
  }
  if (value < 999.5) {
    return Math.round(value) + ' µs';
  }
  return value < 999500 ? digits(value / 1e3) + ' ms' : digits(value / 1e6) + ' s';
}

export function millis(value) {
  return known(value) ? micros(value * 1e3) : NONE;
}

/** A long time, by its two greatest parts. */
export function age(ms) {
  if (!known(ms)) {
    return NONE;
  }
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = value => String(value).padStart(2, '0');
  if (s < 60) {
    return s + ' s';
  }
  if (s < 3600) {
    return Math.floor(s / 60) + ' min ' + two(s % 60) + ' s';
  }
  if (s < 86400) {
    return Math.floor(s / 3600) + ' h ' + two(Math.floor(s / 60) % 60) + ' min';
  }
  return Math.floor(s / 86400) + ' d ' + Math.floor(s / 3600) % 24 + ' h';
}

/** A part of 1. What is not all is never written as all, and what is not nothing never as nothing. */
export function percent(part) {
  if (!known(part)) {
    return NONE;
  }
  const value = part * 100;
  if (value > 0 && value < 0.1) {
    return '< 0.1 %';
  }
  if (value < 100 && value > 99.9) {
    return '> 99.9 %';
  }
  return (value === 0 || value === 100 ? value.toFixed(0) : value.toFixed(1)) + ' %';
}

const pad = value => String(value).padStart(2, '0');

/** The time of day here, with the day where it is another one. */
export function clock(iso) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) {
    return NONE;
  }
  const time = pad(at.getHours()) + ':' + pad(at.getMinutes()) + ':' + pad(at.getSeconds());
  const today = at.toDateString() === new Date().toDateString();
  return today ? time : at.getFullYear() + '-' + pad(at.getMonth() + 1) + '-' + pad(at.getDate()) + ' ' + time;
}
