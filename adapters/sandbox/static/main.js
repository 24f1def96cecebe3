// Starts the page: each part watches the store and draws itself. Nothing here decides anything.

import * as clock from "./clock.js";
import * as composer from "./composer.js";
import * as crowd from "./crowd.js";
import * as drawers from "./drawers.js";
import * as form from "./form.js";
import * as live from "./live.js";
import * as people from "./people.js";
import * as room from "./room.js";
import * as store from "./store.js";
import * as stored from "./stored.js";
import * as tour from "./tour.js";

for (const part of [people, room, composer, form, clock, crowd, stored, drawers, live, tour]) {
  part.start();
}
store.start();
