#include "tool/discover/round_trips.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "text/ascii.h"
#include "tool/discover/message_path.h"
#include "tool/discover/pairing.h"

namespace shorthop::tool {
namespace {

/// Limits departures times arrivals, because each departure is compared with each arrival.
constexpr std::size_t max_pairs = 1'000'000;

/// A recipient that left for another host.
struct Departure {
  DeliveryIndex left;   ///< the delivery to the other host
  DeliveryIndex entry;  ///< its place in the queue file with which it entered this host
};

/// A recipient for which the message came back.
struct Arrival {
  DeliveryIndex at;
  LogTime delivered;
  std::chrono::milliseconds delay{0};  ///< in the queue, after it had come back
};

std::size_t count_sent(const QueueFile& file) {
  return static_cast<std::size_t>(std::ranges::count(file.deliveries, Status::sent, &Delivery::status));
}

/// Finds the departures and arrivals of a message and pairs them.
class Finder {
 public:
  Finder(const Message& message, std::chrono::seconds window, const AliasHints& hints)
      : path_(message), window_(window), hints_(hints) {
    result_.message_id = message.message_id;
  }

  MessageTrips find() {
    for (const DeliveryIndex left : path_.departures()) departures_.push_back({left, path_.entry_of(left)});
    result_.relayed = departures_.size();
    if (departures_.empty()) return std::move(result_);
    find_arrivals();
    if (arrivals_.size() > max_pairs / departures_.size()) {
      arrivals_.resize(max_pairs / departures_.size());
      result_.is_cut = true;
    }
    if (!arrivals_.empty()) pair();
    return std::move(result_);
  }

 private:
  /// Whether the queue file may hold the mail of this departure after its return: it is from that site, and in time.
  bool fits_file(const Departure& departure, std::size_t back) const {
    const QueueFile& file = path_.file(back);
    const Delivery& left = path_.delivery(departure.left);
    return file.is_by_smtp && back > departure.left.file && file.arrived <= left.time + window_ &&
           !is_this_host(file.client) && is_same_site(file.client, left.relay);
  }

  /// Whether the recipient differs from the one that left, and from the one that came in (this host may have mapped
  /// it).
  bool is_for_another(const Departure& departure, DeliveryIndex back) const {
    const std::string& final = path_.delivery(back).received;
    return !equal_folded(final, path_.delivery(departure.left).to) &&
           !equal_folded(final, path_.delivery(departure.entry).received);
  }

  bool fits(const Departure& departure, DeliveryIndex back) const {
    return fits_file(departure, back.file) && is_for_another(departure, back);
  }

  void find_arrivals() {
    for (std::size_t file = 0; file < path_.files(); ++file) {
      // Few files come back, and a newsletter has many departures, so the departures that fit the file are collected
      // once.
      std::vector<Departure> fitting;
      std::ranges::copy_if(departures_, std::back_inserter(fitting),
                           [&](const Departure& one) { return fits_file(one, file); });
      if (fitting.empty()) continue;
      for (std::size_t at = 0; at < path_.file(file).deliveries.size(); ++at) add_arrival_at({file, at}, fitting);
    }
  }

  void add_arrival_at(DeliveryIndex place, const std::vector<Departure>& fitting) {
    if (path_.is_from_filter(place)) return;
    const bool can_be = std::ranges::any_of(fitting, [&](const Departure& one) { return is_for_another(one, place); });
    if (!can_be) return;
    const auto ends = path_.ends_of(place);
    if (!ends.empty())
      arrivals_.push_back({place, path_.delivery(ends.back()).time, path_.delivery(ends.back()).delay});
  }

  Likeness likeness(const Departure& departure, const Arrival& arrival) const {
    if (!fits(departure, arrival.at)) return Likeness::impossible;
    if (departures_.size() == 1) return Likeness::possible;
    const std::string& original = path_.delivery(departure.entry).received;
    const std::string& back = path_.delivery(arrival.at).received;
    if (hints_.leads_to && hints_.leads_to(original, back)) return Likeness::by_data;
    if (hints_.was_seen && hints_.was_seen(original, back)) return Likeness::was_seen;
    const bool is_same = equal_folded(original.substr(0, original.rfind('@')), back.substr(0, back.rfind('@')));
    return is_same ? Likeness::same_local_part : Likeness::possible;
  }

  /// The departures of each arrival.
  std::vector<std::vector<std::size_t>> sources() const {
    Pairing pairing;
    pairing.departures = departures_.size();
    std::vector<std::vector<Likeness>> known(departures_.size());
    std::map<std::size_t, std::vector<std::size_t>> groups;
    for (std::size_t at = 0; at < arrivals_.size(); ++at) {
      pairing.finals.push_back(folded(path_.delivery(arrivals_[at].at).received));
      groups[arrivals_[at].at.file].push_back(at);
      for (std::size_t from = 0; from < known.size(); ++from) {
        known[from].push_back(likeness(departures_[from], arrivals_[at]));
      }
    }
    for (auto& [file, group] : groups) pairing.groups.push_back(std::move(group));
    pairing.likeness = [&](std::size_t departure, std::size_t arrival) { return known[departure][arrival]; };
    return tool::pair(pairing);
  }

  void pair() {
    std::map<std::size_t, std::set<std::size_t>> trips_back;  // queue file that came back -> trips in it
    const auto all_sources = sources();
    for (std::size_t at = 0; at < arrivals_.size(); ++at) {
      for (const std::size_t source : all_sources[at]) {
        const std::size_t trip = trip_at(source);
        add_arrival(result_.trips[trip], departures_[source], arrivals_[at]);
        trips_back[arrivals_[at].at.file].insert(trip);
      }
    }
    add_away();
    for (const auto& [file, trips] : trips_back) {
      const std::size_t arrived = static_cast<std::size_t>(
          std::ranges::count_if(arrivals_, [&, at = file](const Arrival& one) { return one.at.file == at; }));
      result_.back.push_back({path_.file(file).size,
                              {trips.begin(), trips.end()},
                              arrived < count_sent(path_.file(file)),
                              result_.trips[*trips.begin()].next_hop.address,
                              entries_[*trips.begin()]});
      result_.verdicts |= path_.file(file).verdicts;
    }
    add_sizes();
  }

  /// The index of the round trip of a departure; adds one if there is none.
  std::size_t trip_at(std::size_t departure) {
    const auto [at, is_new] = trip_of_.try_emplace(departure, result_.trips.size());
    if (is_new) {
      const Departure& from = departures_[departure];
      const QueueFile& file = path_.file(from.entry.file);
      RoundTrip trip;
      trip.original = path_.delivery(from.entry).received;
      trip.next_hop = path_.delivery(from.left).relay;
      trip.client = file.client;
      trip.sender = file.sender;
      trip.arrived = file.arrived;
      trip.delivered = file.arrived;
      trip.is_by_smtp = file.is_by_smtp;
      trip.is_alone = departures_.size() == 1;
      result_.trips.push_back(std::move(trip));
      entries_.push_back(from.entry.file);
    }
    return at->second;
  }

  void add_arrival(RoundTrip& trip, const Departure& departure, const Arrival& arrival) const {
    const std::string& back = path_.delivery(arrival.at).received;
    if (std::ranges::find(trip.finals, back) == trip.finals.end()) trip.finals.push_back(back);
    trip.delivered = std::max(trip.delivered, arrival.delivered);
    trip.time = std::max({trip.time, std::chrono::milliseconds(trip.delivered - trip.arrived),
                          path_.delivery(departure.left).delay + arrival.delay});
  }

  /// Recipients of one queue file with the same answer from one host were in one transaction. Not every answer has a
  /// queue ID: if the same answer came again after a while, it was another transaction.
  void add_away() {
    constexpr std::chrono::seconds apart{60};  // qmgr(8) waits longer before it tries again
    struct Open {
      std::size_t transaction = 0;
      LogTime last;
    };
    std::map<std::tuple<std::size_t, std::string, std::uint64_t>, Open> open;
    for (std::size_t at = 0; at < departures_.size(); ++at) {
      const DeliveryIndex left = departures_[at].left;
      const Delivery& delivery = path_.delivery(left);
      const auto [found, is_new] = open.try_emplace({left.file, delivery.relay.address, delivery.transaction});
      if (is_new || delivery.time > found->second.last + apart) {
        found->second.transaction = result_.away.size();
        result_.away.push_back(
            {path_.file(left.file).size, {}, false, delivery.relay.address, departures_[at].entry.file});
      }
      found->second.last = delivery.time;
      Transaction& one = result_.away[found->second.transaction];
      if (const auto trip = trip_of_.find(at); trip != trip_of_.end()) {
        one.trips.push_back(trip->second);
      } else {
        one.has_others = true;
      }
    }
  }

  void add_sizes() {
    for (const auto* direction : {&result_.away, &result_.back}) {
      for (const Transaction& one : *direction) {
        for (const std::size_t trip : one.trips) {
          result_.trips[trip].size += one.size;
          if (one.size == 0) result_.trips[trip].has_size = false;
        }
      }
    }
  }

  MessagePath path_;
  std::chrono::seconds window_;
  const AliasHints& hints_;
  std::vector<Departure> departures_;
  std::vector<Arrival> arrivals_;
  std::map<std::size_t, std::size_t> trip_of_;  ///< departure -> trip
  std::vector<std::size_t> entries_;            ///< trip -> the queue file with which its mail came
  MessageTrips result_;
};

}  // namespace

MessageTrips find_round_trips(const Message& message, std::chrono::seconds window, const AliasHints& hints) {
  return Finder(message, window, hints).find();
}

Saved saved_without(const MessageTrips& message, const std::function<Spared(std::size_t trip)>& spared) {
  Saved saved;
  for (const auto* direction : {&message.away, &message.back}) {
    const Spared wanted = direction == &message.away ? Spared::both : Spared::way_back;
    using Hop = std::pair<std::size_t, std::string>;
    std::map<Hop, bool> hops;  // whether all transactions with that host are saved
    for (const Transaction& one : *direction) {
      const bool is_saved =
          !one.has_others && std::ranges::all_of(one.trips, [&](std::size_t trip) { return spared(trip) >= wanted; });
      hops.try_emplace({one.entry, one.host}, true).first->second &= is_saved;
      if (!is_saved) continue;
      ++saved.transactions;
      saved.bytes += one.size;
      if (one.size == 0) ++saved.without_size;
    }
    saved.hops += static_cast<std::uint64_t>(std::ranges::count(hops, true, &decltype(hops)::value_type::second));
  }
  return saved;
}

Saved cost_of(const MessageTrips& message) {
  return saved_without(message, [](std::size_t) { return Spared::both; });
}

}  // namespace shorthop::tool
