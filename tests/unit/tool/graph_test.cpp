// shorthop graph: nodes, outcomes, places on the edges, a bounded size, and texts that dot(1) takes as they are.
#include <sysexits.h>

#include "support/catch.h"
#include "tool/graph/alias_graph.h"
#include "unit/tool/world.h"

using Catch::Matchers::ContainsSubstring;
using namespace shorthop;
using shorthop::test::Ran;
using shorthop::test::World;
using tool::AliasGraph;

namespace {

Decision decision_with(std::vector<Step> steps, std::vector<Leaf> leaves) {
  Decision decision;
  decision.reason = Reason::foreign_target;
  decision.resolution.steps = std::move(steps);
  decision.resolution.leaves = std::move(leaves);
  return decision;
}

}  // namespace

TEST_CASE("graph: the chain of DESIGN 1 with its decision, tables and lines", "[tool][graph]") {
  const World world;
  const Ran ran = world.tool({"graph", "user.lastname@example.org"});
  CHECK(ran.status == EX_OK);
  CHECK(world.with_short_paths(ran.output) ==
        "digraph aliases {\n"
        "  rankdir=LR;\n"
        "  node [shape=box, style=filled, fillcolor=white, fontname=\"sans-serif\"];\n"
        "  edge [fontname=\"sans-serif\", fontsize=10];\n"
        "  n1 [label=\"user.lastname@example.org\\nrewrite all-local\", fillcolor=palegreen, penwidth=2];\n"
        "  n3 [label=\"user@example.com\\nlocal-mailbox\", fillcolor=palegreen];\n"
        "  n2 [label=\"user@example.org\", fillcolor=white];\n"
        "  n1 -> n2 [label=\"virtual:2\", tooltip=\"text:/…/virtual:2\"];\n"
        "  n2 -> n3 [label=\"aliases:1\", tooltip=\"text:/…/aliases:1\"];\n"
        "}\n");
}

TEST_CASE("graph without addresses: every alias of the tables", "[tool][graph]") {
  const World world;
  const Ran ran = world.tool({"graph"});
  CHECK(ran.status == EX_OK);
  CHECK_THAT(ran.output, ContainsSubstring("\"abroad@example.org\\nkeep foreign-target\", fillcolor=khaki"));
  CHECK_THAT(ran.output, ContainsSubstring("\"someone@example.net\\nforeign-target\", fillcolor=lightblue"));
  CHECK_THAT(ran.output, ContainsSubstring("\"user@example.org\\nrewrite all-local\""));
}

TEST_CASE("graph: quotes, backslashes, entities and other bytes are text", "[tool][graph]") {
  AliasGraph graph;
  graph.add("a@x", decision_with(
                       {{"a@x", "alias-maps", "text:/e\"t\\c", 7, {"|cat \"&amp;\\n\" <b>", "b\xc3\xbc@x\xff"}}}, {}));
  const std::string dot = graph.dot();
  CHECK_THAT(dot, ContainsSubstring(R"(label="|cat &quot;&amp;amp;\\n&quot; &lt;b&gt;")"));
  CHECK_THAT(dot, ContainsSubstring(R"(label="b&#xfc;@x\\xff")"));
  CHECK_THAT(dot, ContainsSubstring(R"(tooltip="text:/e&quot;t\\c:7")"));
}

TEST_CASE("graph: a recipient whose chain does not fit is left out as a whole, with a note", "[tool][graph]") {
  AliasGraph graph(5);
  graph.add("a@x", decision_with({{"a@x", "virtual-alias-maps", "text:v", 1, {"b@x", "c@x"}}}, {}));
  graph.add("d@x", decision_with({{"d@x", "virtual-alias-maps", "text:v", 2, {"e@x", "f@x"}}}, {}));
  graph.add("A@x", decision_with({{"a@x", "virtual-alias-maps", "text:v", 1, {"b@x"}}}, {}));
  CHECK(graph.left_out() == 1);
  CHECK_THAT(graph.dot(), ContainsSubstring("1 more recipients are left out"));
  CHECK_FALSE(graph.dot().contains("d@x"));
}

TEST_CASE("graph: a word that is not an address is refused before anything is drawn", "[tool][graph]") {
  const World world;
  for (const char* word : {"foo", "@example.org", "a@b@"}) {
    INFO(word);
    const Ran ran = world.tool({"graph", "user@example.org", word});
    CHECK(ran.status == EX_USAGE);
    CHECK(ran.output.empty());
    CHECK_THAT(ran.errors, ContainsSubstring("write user@domain"));
  }
}
