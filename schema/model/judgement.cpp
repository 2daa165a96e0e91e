// SPDX-License-Identifier: Apache-2.0
#include "schema/model/judgement.hpp"

#include <utility>

#include "schema/model/json_writer.hpp"

namespace valhalla {

judgement::judgement(judged what) : said_{std::move(what)} {
    json_writer{json_members_}
        .member("allowed", said_.allowed)
        .member("band", band_letter(said_.in_band))
        .member("engine", said_.engine)
        .member("action", said_.action)
        .member("reason", said_.reason)
        .member("rule", said_.rule);
}

}  // namespace valhalla
