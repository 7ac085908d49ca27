// What shorthop, as configured on this host, would have done with a round trip. The daemon's own code decides.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "session/reason.h"
#include "session/snapshot.h"
#include "tool/discover/round_trips.h"

namespace shorthop::tool {

struct TripDecision {
  enum class Kind : std::uint8_t {
    unknown,  ///< there is no alias data
    rewrite,  ///< the trip would not have happened
    keep,     ///< it would have happened, for `reason`
    differs,  ///< shorthop would rewrite to other addresses than those for which mail came back: its data is wrong
    unseen,   ///< the mail was submitted on this host, or forwarded by it: no milter of smtpd(8) sees it
  };
  Kind kind = Kind::unknown;
  std::optional<Reason> reason;  ///< the reason of shorthop's decision; absent with `unknown` and `unseen`
  std::string detail;            ///< may be empty
  std::vector<std::string> to;   ///< the targets; empty except with `rewrite` and `differs`

  /// Empty if there is no reason.
  std::string_view reason_code() const { return reason ? name_of(*reason) : std::string_view(); }
};

std::string_view name_of(TripDecision::Kind kind);

/// What the decisions about the trips of a message save.
Saved saved_by(const MessageTrips& message, const std::vector<TripDecision>& decisions);

class AliasDecisions {
 public:
  /// Null: there is no alias data.
  explicit AliasDecisions(std::shared_ptr<const Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}

  bool has_data() const { return snapshot_ != nullptr; }
  TripDecision decide(const RoundTrip& trip) const;
  /// Whether the alias data leads from the original recipient to this address.
  bool leads_to(std::string_view original, std::string_view final);

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  std::map<std::string, std::vector<std::string>, std::less<>>
      ends_;  ///< cache for leads_to(): original recipient -> the ends of its chain, all folded
};

}  // namespace shorthop::tool
