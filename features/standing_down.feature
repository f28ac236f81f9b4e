Feature: When the model stands down
  The model answers where it has been the better one; where the baseline has, it stands down and says so.

  Scenario: The model stands down for a service where the baseline is better
    Given a trained model is installed that says 0.9 whatever happened
    And "shop" has 700 hours of "avg_cpu" around 0.3
    When the planner asks for "avg_cpu" of "shop"
    Then the plan's version is "web_normal_lstm_v1_statistical"
    And the day ahead lies around 0.3
    And the reasons contain "model_stood_down"
    And the notes say "avg_cpu: the model stands down and the statistical baseline answers alone"
    And the notes say "other day(s) of these its error was"

  Scenario: The model answers where it has been right
    Given a trained model is installed that says 0.3 whatever happened
    And "shop" has 700 hours of "avg_cpu" at 0.1 and 0.5 in turns nobody foresees
    When the planner asks for "avg_cpu" of "shop"
    Then the plan's version is "web_normal_lstm_v1"
    And the reasons contain "model_compared"

  Scenario: The first plan does not wait for the comparison, and says so
    Given a trained model is installed that says 0.9 whatever happened
    And comparisons are made when there is time
    And "shop" has 700 hours of "avg_cpu" around 0.3
    When the planner asks for "avg_cpu" of "shop"
    Then the plan's version is "web_normal_lstm_v1"
    And the reasons contain "model_not_compared"
    And the notes say "not yet compared with the baseline on the past of this one"

  Scenario: The next plan uses the comparison
    Given a trained model is installed that says 0.9 whatever happened
    And comparisons are made when there is time
    And "shop" has 700 hours of "avg_cpu" around 0.3
    And the planner has asked for "avg_cpu" of "shop" before
    And there has been time
    When the planner asks for "avg_cpu" of "shop"
    Then the plan's version is "web_normal_lstm_v1_statistical"
    And the reasons contain "model_stood_down"

  Scenario: A service two days old cannot be compared
    Given a trained model is installed
    And "shop" has 48 hours of "avg_cpu" around 0.3
    When the planner asks for "avg_cpu" of "shop"
    Then the plan's version is "web_normal_lstm_v1"
    And the notes say "too short or too flat to compare on"

  Scenario: A service for which there is no model has nothing to compare
    Given "shop" has 700 hours of "avg_cpu" around 0.3
    When the planner asks for "avg_cpu" of "shop"
    Then the reasons do not contain "model_not_compared"
