/** A number of files, in words. */
export function filesText(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** A number of bytes with three digits, in powers of a thousand. */
export function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  // From 999.5 on it would be shown as 1000.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : digits(value)} ${UNITS[unit]}`;
}

/** A number with three digits, and no more behind the point than that. */
export function digits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** A time span as a person would say it: 3 min 20 s. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
