// SPDX-License-Identifier: Apache-2.0
//
// The start of signing: finds the key, asks the guard whether the database continues what was signed last, begins a new
// epoch where there is none or an owner accepted that it does not, and gives the notary that signs from here on.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/config.hpp"
#include "daemon/notary.hpp"
#include "daemon/trail_guard.hpp"
#include "schema/model/epoch.hpp"
#include "schema/model/event.hpp"
#include "schema/state_dir.hpp"

namespace valhalla {

/// Makes a key file where there is none.
enum class missing_key : std::uint8_t { create, refuse };

/// `configured`, else systemd's credential of this name, else `fallback`, which alone is created. Throws
/// `storage_error`.
[[nodiscard]] std::optional<schema::signing_key> find_signing_key(
    const std::optional<std::filesystem::path>& configured, const std::string& credential,
    const std::filesystem::path& fallback, missing_key then);

class trail_signing {
  public:
    /// Throws `start_failure` (`trail_misfit`) when the database does not continue what was signed last and `c` does
    /// not accept that, and `storage_error`. After a restore (`restored_why`) a new epoch begins whatever fits.
    trail_signing(const config& c, const schema::state_dir& directory, std::optional<epoch> recorded,
                  const schema::tree_head& head, const std::optional<std::string>& restored_why);

    /// What the anchor holds that this start continues; nothing when a new epoch begins.
    [[nodiscard]] std::optional<schema::tree_head> continued() const { return continued_; }
    /// The event that begins a new epoch, when one begins. To be committed before `make_notary`.
    [[nodiscard]] std::optional<events::epoch_started> new_epoch(const std::string& instance);
    /// The anchor is of the epoch in force, and what asked for it is forgotten.
    void epoch_begun() const;
    /// `committed` is the head with that event.
    [[nodiscard]] std::unique_ptr<notary> make_notary(const schema::tree_head& committed, notary::settings s,
                                                      notary::hooks h);

  private:
    /// The checkpoint to go on from when a start was cut short between the record of its epoch and the anchor.
    [[nodiscard]] std::optional<schema::checkpoint> half_begun(const trail_evidence& found) const;
    void write_anchor(const schema::checkpoint& what) const;

    const config& config_;
    std::filesystem::path anchor_;
    std::filesystem::path next_anchor_;
    std::optional<std::string> refused_anchor_;  // what did not fit and was accepted
    std::optional<schema::signing_key> key_;
    std::optional<schema::checkpoint> anchored_;
    std::optional<schema::tree_head> continued_;
    std::string misfit_;
    std::optional<std::string> accepted_;  // why the misfit is
    bool first_ = false;
};

}  // namespace valhalla
