Feature: What is told of days and hours out of the ordinary
  The planner chooses whose verdict counts; the day ahead may be judged, or what has just happened.

  Background:
    Given "shop" has 336 hours of "requests" swinging daily between 500 and 1500

  Scenario: By default the day ahead is judged, against the past week as a whole
    When the planner asks for "requests" of "shop"
    Then the verdict is that of "z_score"
    And the day is no anomaly of type "none"

  Scenario: A load that is ordinary at noon stands out at night only against the same hour of other days
    Given the planner goes by "seasonal"
    And a trained model is installed that says 1500 whatever happened
    And comparisons are made when there is time
    When the planner asks for "requests" of "shop"
    Then the day is an anomaly
    And "robust" sees no anomaly

  Scenario: A spike of last week does not hide the next one from the median
    Given "requests" of "shop" were 40000 for the 3 hours up to 50 hours ago
    And the context says "weight" is 4
    And the planner goes by "robust"
    When the planner asks for "requests" of "shop"
    Then the day is an anomaly of type "spike"
    And "z_score" sees no anomaly

  Scenario: What has just happened is held against what was forecast of it
    Given "requests" of "shop" were 3000 for the 1 hours up to 2 hours ago
    And the planner goes by "observed"
    When the planner asks for "requests" of "shop"
    Then the day is an anomaly of type "spike"
    And the notes say "anomaly: the value observed, 3000 at 2026-11-23 09:00Z stands out"
    And "z_score" sees no anomaly

  Scenario: A load that breaks off is out of the ordinary too, for observed alone
    Given "requests" of "shop" were 0 for the 2 hours up to 0 hours ago
    And the planner goes by "observed"
    When the planner asks for "requests" of "shop"
    Then the day is an anomaly of type "drop"
    And "seasonal" sees no anomaly

  Scenario: Hours that were forecast well are no news
    Given the planner goes by "observed"
    When the planner asks for "requests" of "shop"
    Then the day is no anomaly of type "none"

  Scenario: Of an old history nothing has just happened
    Given the planner goes by "observed"
    And the caller's time is "2026-12-01T11:30:00Z"
    When the planner asks for "requests" of "shop"
    Then the day is no anomaly of type "old_history"

  Scenario Outline: A higher threshold calls less an anomaly
    Given the context says "weight" is 2
    And a score from <threshold> on is an anomaly
    When the planner asks for "requests" of "shop"
    Then the day is <verdict> of type "<type>"

    Examples:
      | threshold | verdict    | type  |
      | 3         | an anomaly | spike |
      | 20        | no anomaly | none  |
