#include "tool/discover/pairing.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace shorthop::tool {
namespace {

class Pairer {
 public:
  explicit Pairer(const Pairing& pairing)
      : pairing_(pairing), sources_(pairing.finals.size()), reach_(pairing.departures) {
    for (std::size_t departure = 0; departure < reach_.size(); ++departure) reach_[departure] = reach_of(departure);
  }

  std::vector<std::vector<std::size_t>> pair() {
    // The largest group first: it has the smallest number of departures that can explain all of it.
    auto groups = pairing_.groups;
    std::ranges::sort(groups, [](const auto& one, const auto& other) {
      return one.size() != other.size() ? one.size() > other.size() : one < other;
    });
    for (auto& group : groups) {
      explain_by_data(group);
      for (const std::size_t arrival : group) explain_alone(arrival);
    }
    add_merged();
    return std::move(sources_);
  }

 private:
  bool is_new(std::size_t departure, std::size_t arrival) const {
    return !explained_.contains({departure, pairing_.finals[arrival]});
  }

  void explain(std::size_t departure, std::size_t arrival) {
    sources_[arrival].push_back(departure);
    explained_.emplace(departure, pairing_.finals[arrival]);
    used_.insert(departure);
  }

  /// The arrivals of a group that the alias data explains by this departure, unless the departure already explains an
  /// arrival for the same address.
  std::vector<std::size_t> explained_by(std::size_t departure, const std::vector<std::size_t>& group) const {
    std::vector<std::size_t> found;
    for (const std::size_t arrival : group) {
      if (pairing_.likeness(departure, arrival) == Likeness::by_data && is_new(departure, arrival))
        found.push_back(arrival);
    }
    return found;
  }

  /// The number of arrivals that the alias data could explain by this departure. The fewer there are, the better the
  /// departure fits one of them.
  std::size_t reach_of(std::size_t departure) const {
    std::size_t reach = 0;
    for (std::size_t arrival = 0; arrival < sources_.size(); ++arrival) {
      if (pairing_.likeness(departure, arrival) == Likeness::by_data) ++reach;
    }
    return reach;
  }

  /// Removes from the group what the alias data explains, beginning with the departure that explains the most.
  void explain_by_data(std::vector<std::size_t>& group) {
    while (!group.empty()) {
      std::vector<std::size_t> best;
      std::size_t best_departure = 0;
      for (std::size_t departure = 0; departure < pairing_.departures; ++departure) {
        auto found = explained_by(departure, group);
        if (found.empty() || found.size() < best.size()) continue;
        if (found.size() == best.size() && reach_[departure] >= reach_[best_departure]) continue;
        best = std::move(found);
        best_departure = departure;
      }
      if (best.empty()) return;
      for (const std::size_t arrival : best) {
        explain(best_departure, arrival);
        std::erase(group, arrival);
      }
    }
  }

  /// Explains an arrival by the likeliest departure; among equals by the first one that has no arrival yet.
  void explain_alone(std::size_t arrival) {
    using Rank = std::tuple<Likeness, bool>;
    std::size_t best = pairing_.departures;
    Rank best_rank{Likeness::impossible, false};
    for (std::size_t departure = 0; departure < pairing_.departures; ++departure) {
      const Rank rank{pairing_.likeness(departure, arrival), !used_.contains(departure)};
      if (std::get<Likeness>(rank) == Likeness::impossible || rank <= best_rank) continue;
      best = departure;
      best_rank = rank;
    }
    if (best < pairing_.departures) explain(best, arrival);
  }

  void add_merged() {
    for (std::size_t arrival = 0; arrival < sources_.size(); ++arrival) {
      for (std::size_t departure = 0; departure < pairing_.departures; ++departure) {
        if (pairing_.likeness(departure, arrival) == Likeness::by_data && is_new(departure, arrival)) {
          explain(departure, arrival);
        }
      }
    }
  }

  const Pairing& pairing_;
  std::vector<std::vector<std::size_t>> sources_;
  std::vector<std::size_t> reach_;  ///< by departure
  std::set<std::pair<std::size_t, std::string>> explained_;
  std::set<std::size_t> used_;
};

}  // namespace

std::vector<std::vector<std::size_t>> pair(const Pairing& pairing) { return Pairer(pairing).pair(); }

}  // namespace shorthop::tool
