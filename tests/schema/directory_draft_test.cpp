// SPDX-License-Identifier: Apache-2.0
#include "schema/base/directory_draft.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <system_error>

#include <boost/test/unit_test.hpp>

#include "tests/schema/file_content.hpp"
#include "tests/temporary_directory.hpp"

namespace valhalla::tests {
namespace {

namespace fs = std::filesystem;
using files = std::map<std::string, std::string>;

constexpr std::array<std::string_view, 3> set_of_files{"a", "b", "list"};

files files_in(const fs::path& directory) {
    files found;
    for (const auto& entry : fs::directory_iterator{directory}) {
        found[entry.path().filename().string()] = content_of(entry.path());
    }
    return found;
}

struct replaced_directory {
    temporary_directory tmp;
    fs::path directory = tmp.path() / "set";

    void write(const std::string& content) const {
        schema::directory_draft draft{directory, set_of_files};
        put(draft.path(), content);
        draft.publish();
    }
    static void put(const fs::path& where, const std::string& content) {
        for (const auto name : set_of_files) {
            put_content(where / name, content);
        }
    }
    [[nodiscard]] bool nothing_beside() const {
        return std::distance(fs::directory_iterator{tmp.path()}, fs::directory_iterator{}) == 1;
    }
};

const files old_set{{"a", "old"}, {"b", "old"}, {"list", "old"}};
const files new_set{{"a", "new"}, {"b", "new"}, {"list", "new"}};

files with_mine(files set) {
    set["mine"] = "mine";
    return set;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(directory_drafts, replaced_directory)

BOOST_AUTO_TEST_CASE(all_files_are_replaced_and_others_stay) {
    write("old");
    BOOST_TEST((files_in(directory) == old_set));
    put_content(directory / "mine", "mine");
    fs::permissions(directory, fs::perms{0750});
    write("new");
    BOOST_TEST((files_in(directory) == with_mine(new_set)));
    BOOST_TEST((fs::status(directory).permissions() == fs::perms{0750}));
    BOOST_TEST(nothing_beside());
}

BOOST_AUTO_TEST_CASE(what_is_not_published_changes_nothing) {
    write("old");
    {
        const schema::directory_draft draft{directory, set_of_files};
        put(draft.path(), "new");
    }
    BOOST_TEST((files_in(directory) == old_set));
    BOOST_TEST(nothing_beside());
}

BOOST_AUTO_TEST_CASE(what_a_crash_left_is_cleared_away_and_nothing_of_others_is_lost) {
    write("old");
    const auto left = tmp.path() / ".set.next";
    fs::create_directory(left);
    put(left, "torn");
    put_content(left / ".b.tmp", "torn");
    put_content(left / "mine", "mine");  // when it came after the exchange
    schema::directory_draft::clear_away(directory, set_of_files);
    BOOST_TEST((files_in(directory) == with_mine(old_set)));
    BOOST_TEST(nothing_beside());
    fs::create_directory(left);
    put_content(left / "mine", "another");  // in the way, and not ours
    BOOST_CHECK_THROW(write("new"), std::system_error);
    BOOST_TEST(content_of(left / "mine") == "another");
    BOOST_TEST((files_in(directory) == with_mine(old_set)));
}

BOOST_AUTO_TEST_CASE(a_link_stays_a_link) {
    const auto elsewhere = tmp.path() / "elsewhere";
    fs::create_directory(elsewhere);
    fs::create_directory_symlink(elsewhere, directory);
    write("old");
    put_content(directory / "mine", "mine");
    write("new");
    BOOST_TEST(fs::is_symlink(directory));
    BOOST_TEST((files_in(elsewhere) == with_mine(new_set)));
}

BOOST_AUTO_TEST_CASE(a_directory_in_the_place_of_a_file_is_left_alone) {
    write("old");
    fs::remove(directory / "b");
    fs::create_directory(directory / "b");
    BOOST_CHECK_THROW(write("new"), std::system_error);
    BOOST_TEST(content_of(directory / "a") == "old");
    BOOST_TEST(fs::is_directory(directory / "b"));
    BOOST_TEST(nothing_beside());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
