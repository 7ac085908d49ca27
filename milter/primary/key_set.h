// A set of a few things without a node for each: nearly all chains have two or three steps.
#pragma once

#include <boost/container/flat_set.hpp>
#include <boost/container/small_vector.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace shorthop {

/// Inserting moves what is behind, so it is for sets that Limits bounds.
template <class Item>
using SmallSet = boost::container::flat_set<Item, std::less<>, boost::container::small_vector<Item, 3>>;

/// Keys of addresses that stay where they are (ExpansionBuilder::keep).
using KeySet = SmallSet<std::string_view>;

}  // namespace shorthop
