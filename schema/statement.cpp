// SPDX-License-Identifier: Apache-2.0
#include "schema/statement.hpp"

#include <fmt/format.h>

namespace valhalla::schema {

statement::statement(const connection& db, std::string_view sql) : db_{db} {
    const int rc = sqlite3_prepare_v3(db.handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &handle_, nullptr);
    db.check(rc, sql);
}

void statement::fail(int rc) const {
    db_.raise(rc, sqlite3_sql(handle_));
}

read_transaction::read_transaction(const connection& db, statement& begin, statement& commit) {
    if (!db.in_transaction()) {
        begin.run();
        commit_ = &commit;
    }
}

read_transaction::~read_transaction() {
    if (commit_ != nullptr) {
        try {
            commit_->run();
        } catch (const storage_error&) {  // NOLINT(bugprone-empty-catch)
            // Ending a read transaction releases a lock; the next statement would report what is wrong.
        }
    }
}

}  // namespace valhalla::schema
