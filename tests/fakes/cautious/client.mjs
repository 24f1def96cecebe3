// Somebody on Matrix whose client excludes insecure devices: matrix-js-sdk with its Rust crypto.
//
// Reads one line of JSON: {url, user, password, bot}. Sets cross-signing up, asks the bot into an
// encrypted room of two, then says each further line, and prints what it hears as lines of JSON.

import { createInterface } from "node:readline";
import { createClient, ClientEvent, MatrixEventEvent, RoomEvent } from "matrix-js-sdk";
import { OnlySignedDevicesIsolationMode } from "matrix-js-sdk/lib/crypto-api/index.js";
import { logger } from "matrix-js-sdk/lib/logger.js";

logger.disableAll();
const quiet = { getChild: () => quiet };
for (const level of ["trace", "debug", "info", "warn", "error"]) quiet[level] = () => {};
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { url, user, password, bot } = JSON.parse((await lines.next()).value);
const tell = (what) => process.stdout.write(JSON.stringify(what) + "\n");

const identifier = { type: "m.id.user", user };
const login = { type: "m.login.password", identifier, password };
const known = await createClient({ baseUrl: url, logger: quiet }).loginRequest(login);
const client = createClient({
    baseUrl: url,
    logger: quiet,
    userId: known.user_id,
    deviceId: known.device_id,
    accessToken: known.access_token,
});
await client.initRustCrypto({ useIndexedDB: false });
const crypto = client.getCrypto();
crypto.setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
await client.startClient({ initialSyncLimit: 0, lazyLoadMembers: true });
await new Promise((done) => client.once(ClientEvent.Sync, done));
await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: (call) => call(login) });

const heard = (event) => {
    if (event.getSender() !== bot || event.isBeingDecrypted()) return;
    if (event.isDecryptionFailure()) tell({ cannot: event.decryptionFailureReason });
    else if (event.getType() === "m.room.message") {
        tell({ heard: event.getContent().body, sealed: event.isEncrypted() });
    }
};
client.on(RoomEvent.Timeline, heard);
client.on(MatrixEventEvent.Decrypted, heard);

const encryption = {
    type: "m.room.encryption",
    state_key: "",
    content: { algorithm: "m.megolm.v1.aes-sha2" },
};
const { room_id: room } = await client.createRoom({
    invite: [bot],
    is_direct: true,
    preset: "trusted_private_chat",
    initial_state: [encryption],
});
while (client.getRoom(room)?.getMember(bot)?.membership !== "join") {
    await new Promise((done) => setTimeout(done, 50));
}
tell({ room });
for await (const line of lines) {
    try {
        await client.sendTextMessage(room, line);
        tell({ said: line });
    } catch (problem) {
        tell({ unsaid: String(problem) });
    }
}
client.stopClient();
process.exit(0);
