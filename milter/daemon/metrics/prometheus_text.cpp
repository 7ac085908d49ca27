#include "daemon/metrics/prometheus_text.h"

#ifdef SHORTHOP_WITH_PROMETHEUS
#include <prometheus/text_serializer.h>

#include <utility>
#include <vector>

#include "daemon/metrics/metrics.h"
#include "text/ascii.h"
#endif

namespace shorthop {

#ifdef SHORTHOP_WITH_PROMETHEUS
namespace {

prometheus::MetricType type_of(MetricType type) {
  switch (type) {
    case MetricType::counter: return prometheus::MetricType::Counter;
    case MetricType::gauge: return prometheus::MetricType::Gauge;
    case MetricType::histogram: break;
  }
  return prometheus::MetricType::Histogram;
}

prometheus::ClientMetric metric_of(const MetricSample& sample, MetricType type) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels) metric.label.push_back({name, one_line(value)});
  if (type == MetricType::counter) metric.counter.value = sample.value;
  if (type == MetricType::gauge) metric.gauge.value = sample.value;
  if (type == MetricType::histogram) {
    metric.histogram.sample_sum = sample.value;
    metric.histogram.sample_count = sample.count;
    for (const auto& [bound, count] : sample.buckets) metric.histogram.bucket.push_back({count, bound});
  }
  return metric;
}

}  // namespace

std::optional<std::string> prometheus_text(const Status& status) {
  std::vector<prometheus::MetricFamily> families;
  for (const MetricRow& row : metric_rows()) {
    prometheus::MetricFamily family;
    family.name = row.name;
    family.help = row.meaning;
    family.type = type_of(row.type);
    for (const MetricSample& sample : row.samples(status)) family.metric.push_back(metric_of(sample, row.type));
    if (!family.metric.empty()) families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}
#else
std::optional<std::string> prometheus_text(const Status&) { return std::nullopt; }
#endif

}  // namespace shorthop
