# The dashboard and the alerts are the files of templates/monitoring, as they are, but for the
# number of connections that the database allows.
locals {
  alert_files = fileset("${path.module}/../monitoring/alerts", "*.json")
  alerts      = { for file in local.alert_files : trimsuffix(file, ".json") => jsondecode(file("${path.module}/../monitoring/alerts/${file}")) }
}

resource "google_monitoring_notification_channel" "email" {
  for_each     = toset(var.notify)
  display_name = each.value
  type         = "email"
  labels = {
    email_address = each.value
  }
}

resource "google_monitoring_dashboard" "lessons" {
  dashboard_json = file("${path.module}/../monitoring/dashboard.json")
}

resource "google_monitoring_alert_policy" "alert" {
  for_each              = local.alerts
  display_name          = each.value.displayName
  combiner              = each.value.combiner
  severity              = each.value.severity
  user_labels           = each.value.userLabels
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  documentation {
    content   = each.value.documentation.content
    subject   = each.value.documentation.subject
    mime_type = each.value.documentation.mimeType
  }
  alert_strategy {
    auto_close = each.value.alertStrategy.autoClose
  }
  dynamic "conditions" {
    for_each = each.value.conditions
    content {
      display_name = conditions.value.displayName
      dynamic "condition_prometheus_query_language" {
        for_each = try([conditions.value.conditionPrometheusQueryLanguage], [])
        content {
          query                     = replace(condition_prometheus_query_language.value.query, "0.8 * 200", "0.8 * ${var.database_connections}")
          duration                  = condition_prometheus_query_language.value.duration
          evaluation_interval       = condition_prometheus_query_language.value.evaluationInterval
          disable_metric_validation = condition_prometheus_query_language.value.disableMetricValidation
        }
      }
      dynamic "condition_threshold" {
        for_each = try([conditions.value.conditionThreshold], [])
        content {
          filter          = condition_threshold.value.filter
          comparison      = condition_threshold.value.comparison
          threshold_value = condition_threshold.value.thresholdValue
          duration        = condition_threshold.value.duration
          aggregations {
            alignment_period   = condition_threshold.value.aggregations[0].alignmentPeriod
            per_series_aligner = condition_threshold.value.aggregations[0].perSeriesAligner
          }
          trigger {
            count = condition_threshold.value.trigger.count
          }
        }
      }
      dynamic "condition_absent" {
        for_each = try([conditions.value.conditionAbsent], [])
        content {
          filter   = condition_absent.value.filter
          duration = condition_absent.value.duration
          aggregations {
            alignment_period     = condition_absent.value.aggregations[0].alignmentPeriod
            per_series_aligner   = condition_absent.value.aggregations[0].perSeriesAligner
            cross_series_reducer = condition_absent.value.aggregations[0].crossSeriesReducer
            group_by_fields      = condition_absent.value.aggregations[0].groupByFields
          }
          trigger {
            count = condition_absent.value.trigger.count
          }
        }
      }
    }
  }
  depends_on = [google_project_service.api]
}

resource "google_billing_budget" "monthly" {
  count           = var.billing_account == "" ? 0 : 1
  billing_account = var.billing_account
  display_name    = "Vividly ${var.environment}"
  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
  }
  amount {
    specified_amount {
      currency_code = "USD"
      units         = tostring(var.monthly_budget)
    }
  }
  dynamic "all_updates_rule" {
    for_each = length(var.notify) == 0 ? [] : [1]
    content {
      monitoring_notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
    }
  }
  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0, 1.5]
    content {
      threshold_percent = threshold_rules.value
    }
  }
}
