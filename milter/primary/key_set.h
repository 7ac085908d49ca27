// A set of a few items in one array, without a node for each: nearly all chains have two or three steps.
#pragma once

#include <boost/container/flat_set.hpp>
#include <boost/container/small_vector.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace shorthop {

/// Insertion moves later items, so use it only for sets that Limits bounds.
template <class Item>
using SmallSet = boost::container::flat_set<Item, std::less<>, boost::container::small_vector<Item, 3>>;

/// Keys of addresses whose storage is stable (ExpansionBuilder::keep).
using KeySet = SmallSet<std::string_view>;

}  // namespace shorthop
