Feature: The past of a service
  Only what was really measured counts; what is missing, old or borrowed is said.

  Scenario: Gaps are filled but do not count as observed
    Given "shop" has 48 hours of "avg_cpu" around 0.3
    And the measurements of "avg_cpu" of "shop" lack 6 hours in the middle
    When the planner asks for "avg_cpu" of "shop"
    Then 42 hours were observed

  Scenario: The later of two measurements of the same hour counts
    Given "shop" has 48 hours of "avg_cpu" around 0.2
    And "shop" has 48 hours of "avg_cpu" around 0.6
    When the planner asks for "avg_cpu" of "shop"
    Then 48 hours were observed
    And the day ahead lies around 0.6

  Scenario: Samples within an hour are averaged, and their peak sizes the service
    Given "shop" was sampled every half hour for 72 hours, at 0.1 and 0.5 in turn
    When the planner asks for "avg_cpu" of "shop"
    Then the day ahead lies around 0.3
    And CPU is sized from "cpu_max"

  Scenario: A metric nobody knows is not found
    Given "shop" has 48 hours of "avg_cpu" around 0.3
    When the planner asks for "latency" of "shop"
    Then the answer is that the metric is not found

  Scenario: An own metric is a count
    Given "shop" has 48 hours of "jobs" around 700
    When the planner asks for "jobs" of "shop"
    Then the day ahead lies around 700

  Scenario: The source is down, the last window answers
    Given "shop" has 336 hours of "avg_cpu" around 0.3
    And the planner has asked for "avg_cpu" of "shop" before
    And the history's source is down
    When the planner asks for "avg_cpu" of "shop"
    Then 336 hours were observed
    And the reasons contain "source_unavailable"
    And the notes say "the last window seen is used, read less than a minute ago"

  Scenario: A window that is remembered for longer is told with its age
    Given "shop" has 336 hours of "avg_cpu" around 0.3
    And the planner has asked for "avg_cpu" of "shop" before
    And 95 minutes have passed
    And the history's source is down
    When the planner asks for "avg_cpu" of "shop"
    Then the notes say "it does not answer): the last window seen is used, read 1 h 35 min ago"

  Scenario: The source is down and nothing is remembered
    Given the history's source is down
    When the planner asks for "avg_cpu" of "shop"
    Then the plan's version is "baseline_fallback_v1_fallback"
    And the reasons contain "source_unavailable"
    And the notes say "nothing of it is remembered"

  Scenario: The cluster answers for a service without a past of its own
    Given only the cluster as a whole was measured
    When the planner asks for "avg_cpu" of "shop"
    Then the reasons contain "cluster_history"
