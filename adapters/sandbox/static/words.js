// Moments, lengths of time and counts in plain words. A moment is shown in the offset it came with:
// the browser's own zone is never used, because it is not the community's.

const MOMENT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;

const DAY = new Intl.DateTimeFormat("en-GB", {
  weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC",
});
const SHORT_DAY = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", timeZone: "UTC",
});

const ROLES = {
  worker: ["Worker", "Workers"],
  rep: ["Rep", "Reps"],
  moderator: ["Moderator", "Moderators"],
  organiser: ["Organiser", "Organisers"],
};

const DUE = {
  slot: "Slot: what waits is delivered",
  deadline: "Deadline: a case needs an answer",
  digest: "The weekly digest is sent",
  close: "A poll closes",
};

const CAME = {
  slot: "Slot: what waited was delivered",
  deadline: "Deadline: a case went on to its next step",
  digest: "The weekly digest was sent",
  close: "A poll closed",
  duty: "Duty and roles: whoever it concerns was told",
};

export const roleWord = (role) => (ROLES[role] ?? [role])[0];
export const rolesWord = (role) => (ROLES[role] ?? [role, role])[1];
export const dueWord = (what) => DUE[what] ?? what.replaceAll("_", " ");
export const cameWord = (what) => CAME[what] ?? dueWord(what);

export const count = (number, one, many) =>
  `${number.toLocaleString("en-GB")} ${number === 1 ? one : many}`;

function offsetMinutes(zone) {
  if (!zone || zone === "Z") return 0;
  const digits = zone.slice(1).replace(":", "");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone[0] === "-" ? -minutes : minutes;
}

function zoneWord(zone) {
  if (!zone) return "";
  const minutes = offsetMinutes(zone);
  if (minutes === 0) return "UTC";
  const rest = Math.abs(minutes) % 60;
  const hours = Math.floor(Math.abs(minutes) / 60);
  return `UTC${minutes < 0 ? "−" : "+"}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

// {day, shortDay, time, zone, ms}; null for text that is no moment. `later` is in milliseconds.
export function moment(text, later = 0) {
  const found = MOMENT.exec(text ?? "");
  if (!found) return null;
  const [, year, month, day, hour, minute, zone] = found;
  const wall = Date.UTC(year, month - 1, day, hour, minute) + later;
  return {
    day: DAY.format(wall),
    shortDay: SHORT_DAY.format(wall),
    time: new Date(wall).toISOString().slice(11, 16),
    zone: zoneWord(zone),
    ms: wall - offsetMinutes(zone) * 60000,
  };
}

// "in 2 days", "in 3 hours": how long from one moment (in milliseconds) to another.
export function ahead(from, to) {
  const minutes = Math.round((to - from) / 60000);
  if (minutes <= 0) return "now";
  if (minutes < 60) return `in ${count(minutes, "minute", "minutes")}`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `in ${count(hours, "hour", "hours")}`;
  return `in ${count(Math.round(hours / 24), "day", "days")}`;
}
