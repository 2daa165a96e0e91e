// SPDX-License-Identifier: Apache-2.0
//
// What kinds of lines the log has. Each has an id for ever, so that programs can look for it whatever the words become:
//   journalctl MESSAGE_ID=…
// packaging/systemd/valhallad.catalog has, for each, what `journalctl -x` adds. New ids: systemd-id128 new.
#pragma once

#include <string_view>

namespace valhalla {

/// 128 bits, 32 lower-case hex digits.
struct message_id {
    std::string_view hex;
    friend bool operator==(const message_id&, const message_id&) = default;
};

namespace message_ids {

// clang-format off
inline constexpr message_id listening{"b562569b048c4e39ad167ecce59dd2e1"};  // it listens on its socket
inline constexpr message_id started{"ed575745a04147f293797fc97cda7b3c"};  // it serves; how long the trail is
inline constexpr message_id stopping{"f1512269824747e9abd390577e865ddd"};  // it was asked to stop, by a signal or a client
inline constexpr message_id stopped{"b17927fd03c04b06a44eb8b03a576462"};  // everything accepted is answered
inline constexpr message_id start_failed{"0702e4f4c1dc4ffb894bbc462ba26aef"};  // it could not start, and why
inline constexpr message_id other_socket{"43de2a13d0cd4b6e8fa34d03554c6619"};  // the socket unit listens elsewhere than the configuration says
inline constexpr message_id development{"3702a7ca67e549079b330312af6e7152"};  // it runs with --dev
inline constexpr message_id reloaded{"e810b83cb6ef47ca8800f93cd043af54"};  // configuration, policy or playbook was read again
inline constexpr message_id unknown_name{"4664378ba1114c4a88e7d28f7efdd3a1"};  // the configuration gives a role to a user or group that the system does not know
inline constexpr message_id reload_refused{"fedf1c28591d4ebca3801bf636176396"};  // one of them was not good; the one in force stays
inline constexpr message_id cut_short{"a58c54180c0b4b29921142382311f9c6"};  // a stop waits no longer for peers or for work that goes on
inline constexpr message_id users_unknown{"1d6dba4869d34c0cbe91e9d3440d60ca"};  // the user database does not answer
inline constexpr message_id users_known{"7387c734ac4a48d29f05e992827500e6"};  // it does again
inline constexpr message_id lines_lost{"30ab63ee49c34542b3a55d6b3a01472b"};  // lines of the log were lost, and how many
inline constexpr message_id storage_failed{"4242c73d3eb0456db741ec3203fea3d4"};  // the database failed; it stops
inline constexpr message_id storage_lost{"0ad6bc82c51fb15a4a5eadb59d7f9aa3"};  // the files that are open are not those at their paths; nothing more is stored
inline constexpr message_id storage_full{"677aa8a511854e958e3086e1ab61a76c"};  // the disk is full; changes are refused
inline constexpr message_id storage_room{"d917aebd13d2445c86d4048eb9b8005f"};  // changes can be stored again
inline constexpr message_id unsigned_tail{"83225178073de5ab9139edfc8444e13b"};  // records that nobody had signed are signed by this start
inline constexpr message_id trail_damaged{"3850fe20c37d9818bc68b470a36f143f"};  // the stored trail is not what was signed
inline constexpr message_id pages_not_seen{"249b53eebc17acc712b9c28fa5dead10"};  // the check of all pages ran out of time
inline constexpr message_id anchor_failed{"c62ef121204a4080af5d389303de1174"};  // the newest checkpoint cannot be anchored
inline constexpr message_id anchor_works{"da15ba3dc6ac4d81aa6faf00edde674e"};  // it can again
inline constexpr message_id checkpoint{"7861b03a0e584c47b70cae6e59e680bb"};  // the newest signed checkpoint, a second anchor
inline constexpr message_id backup_made{"a41ae04d2fb8486c8417ef7e642d6ad2"};  // a verified backup has its name
inline constexpr message_id backup_failed{"0f9fa159b5f54094b432c871c622a8d5"};  // there is none, and why
inline constexpr message_id metrics_file_failed{"c6324d617c284cb3b205be3ceb891a10"};  // the file for the node exporter cannot be written
inline constexpr message_id metrics_file_works{"75c49f7161fe4e2f9182279fc7d6a9b9"};  // it can again
inline constexpr message_id frontend_failed{"2b9cf0f4a8d14c5f9d3e6f0b7a1c8e53"};  // the frontend's files cannot be written
inline constexpr message_id frontend_works{"8e41d7b3c06f4f2aa5d9e1c47b6203fa"};  // they can again
inline constexpr message_id clock_set{"7d1e95b464204db6a87802a2e1f26953"};  // somebody set the clock of the system
inline constexpr message_id trail_ahead{"95a1e957fb2742948874625670632f86"};  // the newest record is of a time that the clock has not reached
inline constexpr message_id clock_caught_up{"b660c7c9f34143f2bdaf0f216f748eab"};  // it has
inline constexpr message_id server_trouble{"f0610faf03e847ac89c7a64071e070a3"};  // a fault in a handler, no more files, a limit of the socket
inline constexpr message_id epoch_started{"f3936de2390f45c78d9743381a1195da"};  // from here on the trail is signed under another name
inline constexpr message_id session_started{"3eb7801cb7704c07985065adf9080962"};  // an operator's session began
inline constexpr message_id session_ended{"09cbcf3601934703922803338d25b6ae"};  // it ended, and how
inline constexpr message_id band_changed{"47ab05c14bb24e0e823db68dc55db8b5"};  // the cone was set
inline constexpr message_id health_changed{"621c5907fd85494e9efc22655be11f57"};  // the health status changed, and why
inline constexpr message_id access_denied{"1c6624aec0e64d0fa8947d10a023e2a2"};  // somebody asked for what his role does not cover; repeats are one line with a count
inline constexpr message_id policy_loaded{"2541e58b032143879e3c7aea72aa4de7"};  // another action matrix is in force
inline constexpr message_id playbook_loaded{"3ebd70937f5d4437a27e7b5db7f9b3b3"};  // another playbook is in force
inline constexpr message_id operator_locked{"55ba501fb7da42a396f2f67cb463bcf7"};  // an operator begins nothing new
inline constexpr message_id operator_unlocked{"0897c177630347479b7bd919d0415806"};  // he may again
inline constexpr message_id key_created{"0a1df74e532e4b16bdaf828857d6662e"};  // a program was given a key
inline constexpr message_id key_revoked{"ebe346244d174644b520a705b743bf5b"};  // it was taken away
inline constexpr message_id imported{"14c23572cd174bc9b98e45944f5f358b"};  // files of another program were taken over
// clang-format on

}  // namespace message_ids

}  // namespace valhalla
