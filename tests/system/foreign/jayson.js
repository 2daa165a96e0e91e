// SPDX-License-Identifier: Apache-2.0
//
// jayson's stream client on the daemon's socket: single calls, a refusal, a notification, a batch. One line of JSON for
// each.
'use strict';

const jayson = require('jayson');

const client = jayson.Client.tcp({path: process.env.VALHALLA_SOCKET});

const request = (...what) => new Promise((resolve, reject) => {
    client.request(...what, (failure, answer) => (failure ? reject(failure) : resolve(answer)));
});

async function main() {
    const say = (value) => console.log(JSON.stringify(value));
    say(await request('session.start', {notes: 'from jayson'}));
    say(await request('cone.decide', {engine: 'wholesalin', action: 'run'}));
    say(await request('rpc.discover', {}));
    // Without an id it is a notification: jayson sends it and hangs up at once.
    say((await request('session.note', {text: 'said and gone'}, null)) === undefined);
    const prepared = (method, params) => client.request(method, params, undefined, false);
    say(await request([prepared('cone.state', {}), prepared('no.such', {}), prepared('session.status', {})]));
}

main().catch((failure) => {
    console.error(failure);
    process.exit(1);
});
