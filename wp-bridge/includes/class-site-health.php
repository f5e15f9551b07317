<?php
/**
 * Tools > Site Health.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Shows what is found there. The tests are direct ones: none of them asks another machine.
 */
final class Site_Health {

	/**
	 * Finds out.
	 *
	 * @var Health
	 */
	private $health;

	/**
	 * Takes who finds out.
	 */
	public function __construct( Health $health ) {
		$this->health = $health;
	}

	/**
	 * Adds the tests; a site that is not connected has one alone, which says so.
	 *
	 * @param array<string, array<string, mixed>> $tests Of others.
	 * @return array<string, array<string, mixed>>
	 */
	public function add_tests( $tests ): array {
		$ours = array( 'delivery' => __( 'Booking Recovery: delivery works', 'booking-recovery-bridge' ) );
		if ( $this->health->is_connected() ) {
			$ours['callbacks']    = __( 'Booking Recovery: the sidecar calls back', 'booking-recovery-bridge' );
			$ours['workflow']     = __( 'Booking Recovery: a workflow is present', 'booking-recovery-bridge' );
			$ours['early_answer'] = __( 'Booking Recovery: PHP can answer before it delivers', 'booking-recovery-bridge' );
		}
		foreach ( $ours as $name => $label ) {
			$tests['direct'][ 'booking_recovery_' . $name ] = array(
				'label' => $label,
				'test'  => function () use ( $name ): array {
					return $this->result( $name, $this->health->$name() );
				},
			);
		}
		return $tests;
	}

	/**
	 * A finding as Site Health shows it.
	 *
	 * @param string                $name    Of the test.
	 * @param array<string, string> $finding As Health gives it.
	 * @return array<string, mixed>
	 */
	private function result( string $name, array $finding ): array {
		$paragraphs = array_map(
			static function ( string $text ): string {
				return '<p>' . esc_html( $text ) . '</p>';
			},
			array_filter( array( $finding['text'], $finding['advice'] ) )
		);
		return array(
			'test'        => 'booking_recovery_' . $name,
			'label'       => $finding['label'],
			'status'      => $finding['status'],
			'badge'       => array(
				'label' => __( 'Booking Recovery', 'booking-recovery-bridge' ),
				'color' => 'blue',
			),
			'description' => implode( '', $paragraphs ),
			'actions'     => Health::GOOD === $finding['status'] ? '' : sprintf( '<p><a href="%1$s">%2$s</a></p>', esc_url( Settings_Form::address() ), esc_html__( 'Booking Recovery settings', 'booking-recovery-bridge' ) ),
		);
	}
}
