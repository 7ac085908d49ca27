// The report of discover as one page of HTML: inline styles and SVG, nothing from the network.
#pragma once

#include "tool/discover/print_report.h"

namespace shorthop::tool {

void print_html(const DiscoverResult& result, Output& output);

}  // namespace shorthop::tool
