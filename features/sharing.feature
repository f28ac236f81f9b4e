Feature: Whose a service's history is
  Measurements belong to whoever sent them first; others plan from them when they were shared.

  Scenario: Nobody plans from somebody else's measurements
    Given Ada sent the measurements of "shop"
    When Bob asks for a plan of "shop"
    Then he is told that "shop" is no service of his

  Scenario: What was shared may be planned
    Given Ada sent the measurements of "shop"
    And Ada shares the history of "shop" with Bob
    When Bob asks for a plan of "shop"
    Then he gets one

  Scenario: What was shared may not be written
    Given Ada sent the measurements of "shop"
    And Ada shares the history of "shop" with Bob
    When Bob sends measurements of "shop"
    Then he is told that "shop" is no service of his

  Scenario: A share that was ended opens nothing any more
    Given Ada sent the measurements of "shop"
    And Ada shares the history of "shop" with everybody
    And Ada ends that share
    When Bob asks for a plan of "shop"
    Then he is told that "shop" is no service of his

  Scenario: What the operator brought in is everybody's to plan from and nobody's to change
    Given the operator imported the history of "shop"
    When Bob asks for a plan of "shop"
    Then he gets one
    When Bob sends measurements of "shop"
    Then he is told that the operator brought "shop" in
