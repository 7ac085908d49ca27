// The alias graph of some recipients in the language of Graphviz. No I/O.
// Source: the DOT language, graphviz.org/doc/info/lang.html.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "session/decision.h"

namespace shorthop::tool {

class AliasGraph {
 public:
  /// A graph with more nodes cannot be read, nor laid out in reasonable time.
  explicit AliasGraph(std::size_t max_nodes = 1000) : max_nodes_(max_nodes) {}

  /// Adds a recipient with its chain, which must be recorded (Trace::on). A recipient that does not fit is left out as
  /// a whole, and counted.
  void add(std::string_view recipient, const Decision& decision);

  /// The graph: nodes coloured by the outcome of the address, each edge with table and line.
  std::string dot() const;

  std::size_t left_out() const { return left_out_; }

 private:
  enum class Outcome : std::uint8_t { passed, rewritten, kept, delivered, elsewhere, trouble };
  struct Node {
    std::string address;
    std::string note;  ///< the decision about a recipient, the kind of an end
    Outcome outcome = Outcome::passed;
  };
  struct Edge {
    std::string from;
    std::string to;
    std::string table;
    std::uint32_t line = 0;
    auto operator<=>(const Edge&) const = default;
  };

  static Outcome outcome_of(LeafKind kind);
  std::size_t new_nodes(std::string_view recipient, const Resolution& resolution) const;
  Node& node(const std::string& address);
  std::string node_line(const std::string& key, const Node& node) const;
  std::string edge_line(const Edge& edge) const;

  std::size_t max_nodes_;
  std::map<std::string, Node> nodes_;  ///< by the folded address
  std::map<std::string, std::size_t> numbers_;
  std::set<Edge> edges_;
  std::size_t left_out_ = 0;
};

}  // namespace shorthop::tool
