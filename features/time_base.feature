Feature: Which hours are forecast
  A plan is made for the hours after the caller's time, so that it can be replayed.

  Scenario Outline: The first hour is the next full one
    Given "shop" has 48 hours of "avg_cpu" around 0.3
    And the caller's time is "<time>"
    When the planner asks for "avg_cpu" of "shop"
    Then the first forecast hour is "<hour>"

    Examples:
      | time                 | hour                 |
      | 2026-11-23T11:00:00Z | 2026-11-23T12:00:00Z |
      | 2026-11-23T11:59:59Z | 2026-11-23T12:00:00Z |
      | 2026-11-23T12:00:00Z | 2026-11-23T13:00:00Z |

  Scenario: The hour in progress without samples is bridged
    Given "shop" has 48 hours of "avg_cpu" around 0.3
    And the caller's time is "2026-11-23T12:30:00Z"
    When the planner asks for "avg_cpu" of "shop"
    Then the reasons contain "history_gap_bridged"

  Scenario: An old history is used, with its age
    Given "shop" has 336 hours of "avg_cpu" around 0.3
    And the caller's time is "2026-11-26T11:30:00Z"
    When the planner asks for "avg_cpu" of "shop"
    Then the plan's version is "web_normal_lstm_v1_statistical"
    And the reasons contain "old_history"
    And the notes say "72 hours old"

  Scenario: An old history makes a wider interval
    Given "shop" has 336 hours of "avg_cpu" around 0.3
    When the planner asks for "avg_cpu" of "shop" now and again a week later
    Then the interval of the later plan is wider

  Scenario: A limit on age makes a history count as none
    Given a history older than 48 hours counts as none
    And "shop" has 336 hours of "avg_cpu" around 0.3
    And the caller's time is "2026-11-26T11:30:00Z"
    When the planner asks for "avg_cpu" of "shop"
    Then the plan's version is "baseline_fallback_v1_fallback"
    And the reasons contain "history_too_old"
