#include "tool/discover/html_report.h"

namespace shorthop::tool {
void print_html(const DiscoverResult& result, Output& output) { print_json(result, output); }
}  // namespace shorthop::tool
