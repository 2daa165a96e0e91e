// SPDX-License-Identifier: Apache-2.0
//
// An ordered map whose copies share what they have in common: copying it is copying a pointer, and a change makes anew
// only the way to what it changes, some log(size) nodes. So a snapshot costs nothing, however many keys there ever
// were. A treap: the priority of a node is a hash of its key, which keeps the tree as flat as a random one, and equal
// for equal contents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace valhalla::governor {

/// `Hash` of a key gives its priority.
template <class Key, class Value, class Hash = std::hash<Key>>
class persistent_map {
    struct node;
    using link = std::shared_ptr<const node>;

  public:
    using value_type = std::pair<const Key, Value>;

    /// In order of the keys. Lives no longer than the map that it came from, or a copy.
    class const_iterator {
      public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = persistent_map::value_type;
        using difference_type = std::ptrdiff_t;
        using pointer = const value_type*;
        using reference = const value_type&;

        const_iterator() = default;
        reference operator*() const { return way_.back()->entry; }
        pointer operator->() const { return &way_.back()->entry; }
        const_iterator& operator++() {
            const node* const from = way_.back();
            way_.pop_back();
            descend(from->right.get());
            return *this;
        }
        const_iterator operator++(int) {
            auto before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(const const_iterator& a, const const_iterator& b) {
            return a.way_.empty() ? b.way_.empty() : !b.way_.empty() && a.way_.back() == b.way_.back();
        }

      private:
        friend class persistent_map;
        void descend(const node* at) {
            for (; at != nullptr; at = at->left.get()) {
                way_.push_back(at);
            }
        }
        std::vector<const node*> way_;  // to the present node, without those that are done
    };

    [[nodiscard]] const_iterator begin() const {
        const_iterator first;
        first.descend(root_.get());
        return first;
    }
    [[nodiscard]] const_iterator end() const { return {}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// Null when there is none.
    template <class K>
    [[nodiscard]] const Value* find(const K& key) const noexcept {
        const node* at = root_.get();
        while (at != nullptr) {
            if (key < at->entry.first) {
                at = at->left.get();
            } else if (at->entry.first < key) {
                at = at->right.get();
            } else {
                return &at->entry.second;
            }
        }
        return nullptr;
    }
    template <class K>
    [[nodiscard]] bool contains(const K& key) const noexcept {
        return find(key) != nullptr;
    }

    void insert_or_assign(const Key& key, Value value) { root_ = with(root_, key, std::move(value)); }
    void erase(const Key& key) {
        if (contains(key)) {
            root_ = without(root_, key);
            --size_;
        }
    }

  private:
    struct node {
        value_type entry;
        std::uint64_t priority;
        link left;
        link right;
    };

    /// Spreads hashes that may be the keys themselves (splitmix64).
    static std::uint64_t priority_of(const Key& key) {
        std::uint64_t x = static_cast<std::uint64_t>(Hash{}(key)) + 0x9e3779b97f4a7c15U;
        x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
        x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
        return x ^ (x >> 31U);
    }
    static std::shared_ptr<node> copy_of(const node& at) { return std::make_shared<node>(at); }

    /// What is returned is held by nobody else, so that its maker may still change it.
    std::shared_ptr<node> with(const link& at, const Key& key, Value&& value) {
        if (!at) {
            ++size_;
            return std::make_shared<node>(node{{key, std::move(value)}, priority_of(key), {}, {}});
        }
        if (key < at->entry.first) {
            auto below = with(at->left, key, std::move(value));
            auto here = copy_of(*at);
            if (below->priority <= here->priority) {
                here->left = std::move(below);
                return here;
            }
            here->left = std::move(below->right);
            below->right = std::move(here);
            return below;
        }
        if (at->entry.first < key) {
            auto below = with(at->right, key, std::move(value));
            auto here = copy_of(*at);
            if (below->priority <= here->priority) {
                here->right = std::move(below);
                return here;
            }
            here->right = std::move(below->left);
            below->left = std::move(here);
            return below;
        }
        return std::make_shared<node>(node{{key, std::move(value)}, at->priority, at->left, at->right});
    }

    /// The key is there.
    static link without(const link& at, const Key& key) {
        if (key < at->entry.first) {
            auto here = copy_of(*at);
            here->left = without(at->left, key);
            return here;
        }
        if (at->entry.first < key) {
            auto here = copy_of(*at);
            here->right = without(at->right, key);
            return here;
        }
        return joined(at->left, at->right);
    }

    /// Every key of `a` comes before every key of `b`.
    static link joined(const link& a, const link& b) {
        if (!a || !b) {
            return a ? a : b;
        }
        if (a->priority > b->priority) {
            auto here = copy_of(*a);
            here->right = joined(a->right, b);
            return here;
        }
        auto here = copy_of(*b);
        here->left = joined(a, b->left);
        return here;
    }

    link root_;
    std::size_t size_ = 0;
};

}  // namespace valhalla::governor
