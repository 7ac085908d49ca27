#include "tool/graph/alias_graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/ascii.h"
#include "tool/discover/html_text.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t max_label = 200;  // bytes of an address, a command or a table that are shown

/// Escapes text for a string in double quotes, where dot(1) reads HTML entities and a backslash begins an escape
/// sequence.
std::string dot_text(std::string_view text) {
  std::string escaped = html_escaped(text.substr(0, max_label));
  for (std::size_t at = 0; (at = escaped.find('\\', at)) != std::string::npos; at += 2) escaped.insert(at, 1, '\\');
  return escaped;
}

/// "text:/var/lib/shorthop/example.org/virtual" -> "virtual".
std::string_view short_name(std::string_view table) {
  const std::size_t slash = table.rfind('/');
  return slash == std::string_view::npos || slash + 1 == table.size() ? table : table.substr(slash + 1);
}

std::string table_place(std::string_view table, std::uint32_t line) {
  return line == 0 ? std::string(table) : fmt::format("{}:{}", table, line);
}

}  // namespace

AliasGraph::Outcome AliasGraph::outcome_of(LeafKind kind) {
  switch (kind) {
    case LeafKind::local_mailbox: return Outcome::delivered;
    case LeafKind::primary_mailbox:
    case LeafKind::foreign_target:
    case LeafKind::command_target:
    case LeafKind::file_target:
    case LeafKind::include_target:
    case LeafKind::owner_alias:
    case LeafKind::copied_elsewhere:
    case LeafKind::not_followed: return Outcome::elsewhere;
    case LeafKind::unknown_recipient:
    case LeafKind::local_unknown:
    case LeafKind::loop:
    case LeafKind::limit:
    case LeafKind::lookup_failed:
    case LeafKind::not_mirrored:
    case LeafKind::invalid_address: break;
  }
  return Outcome::trouble;
}

/// How many nodes add() would create.
std::size_t AliasGraph::new_nodes(std::string_view recipient, const Resolution& resolution) const {
  std::set<std::string> added;
  const auto count = [&](std::string_view address) {
    if (std::string key = folded(address); !nodes_.contains(key)) added.insert(std::move(key));
  };
  count(recipient);
  for (const Step& step : resolution.steps) {
    count(step.address);
    for (const std::string& target : step.to) count(target);
  }
  for (const Leaf& leaf : resolution.leaves) count(leaf.address);
  return added.size();
}

AliasGraph::Node& AliasGraph::node(const std::string& address) {
  const std::string key = folded(address);
  Node& node = nodes_[key];
  if (node.address.empty()) {
    node.address = address;
    numbers_.emplace(key, numbers_.size() + 1);
  }
  return node;
}

void AliasGraph::add(std::string_view recipient, const Decision& decision) {
  const Resolution& resolution = decision.resolution;
  if (nodes_.size() + new_nodes(recipient, resolution) > max_nodes_) {
    ++left_out_;
    return;
  }
  for (const Step& step : resolution.steps) {
    node(step.address);
    for (const std::string& target : step.to) {
      node(target);
      edges_.insert({folded(step.address), folded(target), step.table, step.line});
    }
  }
  for (const Leaf& leaf : resolution.leaves) {
    Node& end = node(leaf.address);
    end.outcome = outcome_of(leaf.kind);
    end.note = name_of(leaf.kind);
  }
  Node& root = node(std::string(recipient));
  const bool is_rewritten = decision.verdict == Verdict::rewrite;
  root.note = fmt::format("{} {}", is_rewritten ? "rewrite" : "keep", name_of(decision.reason));
  if (root.outcome != Outcome::trouble) root.outcome = is_rewritten ? Outcome::rewritten : Outcome::kept;
}

std::string AliasGraph::node_line(const std::string& key, const Node& node) const {
  const char* colour = "white";
  switch (node.outcome) {
    case Outcome::passed: break;
    case Outcome::rewritten:
    case Outcome::delivered: colour = "palegreen"; break;
    case Outcome::kept: colour = "khaki"; break;
    case Outcome::elsewhere: colour = "lightblue"; break;
    case Outcome::trouble: colour = "lightpink"; break;
  }
  const bool is_recipient = node.outcome == Outcome::rewritten || node.outcome == Outcome::kept;
  return fmt::format("  n{} [label=\"{}{}{}\", fillcolor={}{}];\n", numbers_.at(key), dot_text(node.address),
                     node.note.empty() ? "" : "\\n", node.note, colour, is_recipient ? ", penwidth=2" : "");
}

std::string AliasGraph::edge_line(const Edge& edge) const {
  return fmt::format("  n{} -> n{} [label=\"{}\", tooltip=\"{}\"];\n", numbers_.at(edge.from), numbers_.at(edge.to),
                     dot_text(table_place(short_name(edge.table), edge.line)),
                     dot_text(table_place(edge.table, edge.line)));
}

std::string AliasGraph::dot() const {
  std::string text =
      "digraph aliases {\n"
      "  rankdir=LR;\n"
      "  node [shape=box, style=filled, fillcolor=white, fontname=\"sans-serif\"];\n"
      "  edge [fontname=\"sans-serif\", fontsize=10];\n";
  for (const auto& [key, node] : nodes_) text += node_line(key, node);
  for (const Edge& edge : edges_) text += edge_line(edge);
  if (left_out_ > 0) {
    text += fmt::format(
        "  cut [shape=note, fillcolor=white, label=\"{} more recipients are left out:\\ngive addresses as "
        "arguments to see them\"];\n",
        left_out_);
  }
  return text + "}\n";
}

}  // namespace shorthop::tool
